import { CredentialsFormatError } from '../errors/setup.js'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { codeOf } from '../lib/error-code.js'
import { sendingOf, type SendingOptions } from './credentials.js'
import { MemoryStorage } from '../storage/memory.js'
import { providerFetch } from '../provider/fetch.js'
import { GOOGLE_ENDPOINTS } from '../provider/endpoints.js'
import { printsAs, REDACTED } from '../lib/redact.js'
import {
  classFields,
  EMPTY_DOCUMENT,
  parseDocument,
  pythonTime,
  type CredentialsDocument
} from '../oauth2client-json/document.js'
import { endpointsOf } from '../oauth2client-json/endpoints.js'
import { readServiceAccountKey, type ServiceAccountKey } from './service-account-key.js'
import { noTokenYet, refreshByAssertion } from './service-account-assertion.js'
import { orElse, withInitialToken } from '../storage/decorators.js'
import type { Storage } from '../storage/storage.js'
import { StoredCredentials } from './stored-credentials.js'
import type { Token } from '../token/token.js'

/** Options of `ServiceAccountCredentials`. */
export interface ServiceAccountOptions extends SendingOptions {
  /** The scopes to ask for, by their whole names; `createScoped()` gives others. */
  scopes?: string | readonly string[] | undefined
  /** The e-mail address of the user to act for, by domain-wide delegation. */
  subject?: string | undefined
  /** More claims for the assertion. */
  claims?: Readonly<Record<string, unknown>> | undefined
  /** The token endpoint to use in place of that in the key file; needed where that is not Google's. */
  tokenUri?: string | undefined
  /** Seconds that the assertion is dated back; default: 60. */
  clockTolerance?: number | undefined
  /** Where the access token is kept, so that processes can share it; default: in memory. */
  storage?: Storage | undefined
  /** The clock, in milliseconds since the epoch; default: `Date.now`. */
  now?: (() => number) | undefined
  /** The token to begin with. @internal */
  token?: Token | undefined
  /** The document that the credentials were read from. @internal */
  document?: CredentialsDocument | undefined
}

/**
 * The credentials of a service account: access tokens for signed assertions, one request for all callers, refreshed ahead.
 * @see https://developers.google.com/identity/protocols/oauth2/service-account
 */
export class ServiceAccountCredentials extends StoredCredentials {
  readonly #key: ServiceAccountKey
  readonly #options: ServiceAccountOptions
  readonly #scopes: readonly string[]
  readonly #claims: Readonly<Record<string, unknown>>

  /** @internal */
  constructor(key: ServiceAccountKey, options: ServiceAccountOptions) {
    const {
      subject,
      storage = new MemoryStorage(),
      token,
      clockTolerance,
      fetch: base = fetch,
      now = Date.now
    } = options
    // Not shortened: an administrator authorizes exact names.
    const scopes = [options.scopes ?? []].flat().flatMap((scope) => scope.split(/\s+/).filter(Boolean))
    const claims = { ...options.claims, ...(subject === undefined ? {} : { sub: subject }) }
    super({
      // Nobody signs in: a new token can be had whenever none is stored.
      storage: orElse(token === undefined ? storage : withInitialToken(token, storage), noTokenYet(scopes)),
      refresh: refreshByAssertion({
        key,
        scopes,
        claims,
        clockToleranceS: clockTolerance,
        fetch: providerFetch(base),
        now
      }),
      now,
      ...sendingOf({ ...options, tokenUri: key.tokenUri })
    })
    this.#key = key
    this.#options = { ...options }
    this.#scopes = scopes
    this.#claims = claims
  }

  /**
   * The credentials of the key file at `path`. Throws a `CredentialsFormatError` that names the file and the field.
   * @param path The path of the key file, as the Google console gives it.
   * @param options Scopes, the user to act for, and so on.
   */
  static async fromKeyFile(path: string, options: ServiceAccountOptions = {}): Promise<ServiceAccountCredentials> {
    const source = `The key file ${resolve(path)}`
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw new CredentialsFormatError(`${source} cannot be read (${codeOf(error)}).`, error)
    })
    return fromDocument(parseDocument(text, source), source, options)
  }

  /**
   * The credentials of a key file's parsed content. Throws a `CredentialsFormatError` that names the field.
   * @param content The parsed content of the key file.
   * @param options Scopes, the user to act for, and so on.
   */
  static fromKey(content: object, options: ServiceAccountOptions = {}): ServiceAccountCredentials {
    return fromDocument({ ...content }, 'The key of the service account', options)
  }

  /** The account's e-mail address. */
  get clientEmail(): string {
    return this.#key.clientEmail
  }

  /** The scopes to ask for. */
  get scopes(): readonly string[] {
    return this.#scopes
  }

  /** The user to act for, or `null`. */
  get subject(): string | null {
    const { sub } = this.#claims
    return typeof sub === 'string' ? sub : null
  }

  /**
   * The same account with these scopes.
   * @param scopes A list of scopes, or one string with spaces.
   */
  createScoped(scopes: string | readonly string[]): ServiceAccountCredentials {
    return this.#anew({ scopes })
  }

  /**
   * The same account acting for a user of its domain.
   * @param subject The user's e-mail address.
   * @see https://developers.google.com/identity/protocols/oauth2/service-account#delegatingauthority
   */
  createDelegated(subject: string): ServiceAccountCredentials {
    return this.#anew({ subject })
  }

  /** These credentials, with the private key, in oauth2client's own JSON: the only way to get the secrets out. */
  serialize(): string {
    const { document } = this.#options
    const token = this.latest ?? this.#options.token
    const fields = {
      access_token: token?.accessToken || null,
      client_id: this.#key.clientId ?? null,
      token_expiry: pythonTime(token?.expiresAt),
      token_uri: this.#key.tokenUri,
      revoke_uri: document?.['revoke_uri'] ?? GOOGLE_ENDPOINTS.revocation_endpoint,
      invalid: false,
      assertion_type: null,
      _service_account_email: this.#key.clientEmail,
      _scopes: this.#scopes.join(' '),
      _private_key_id: this.#key.privateKeyId ?? null,
      _user_agent: document?.['_user_agent'] ?? null,
      _kwargs: this.#claims,
      _private_key_pkcs8_pem: this.#key.pem,
      _private_key_pkcs12: null,
      _private_key_password: null,
      ...classFields('ServiceAccountCredentials')
    }
    return JSON.stringify({ ...EMPTY_DOCUMENT, ...document, ...fields })
  }

  /** The same key with other scopes or another user, and so without the token and its storage. */
  #anew(changes: Pick<ServiceAccountOptions, 'scopes' | 'subject'>): ServiceAccountCredentials {
    const kept = { ...this.#options, scopes: this.#scopes, claims: this.#claims }
    return new ServiceAccountCredentials(this.#key, { ...kept, ...changes, token: undefined, storage: undefined })
  }
}

printsAs(ServiceAccountCredentials, (credentials) => ({
  clientEmail: credentials.clientEmail,
  subject: credentials.subject,
  scopes: credentials.scopes,
  privateKey: REDACTED,
  token: REDACTED
}))

function fromDocument(
  document: CredentialsDocument,
  source: string,
  options: ServiceAccountOptions
): ServiceAccountCredentials {
  if (document['type'] !== 'service_account')
    throw new CredentialsFormatError(`${source}: "type" must be "service_account".`)
  const endpoints = endpointsOf(document, source, options)
  const key = readServiceAccountKey(document, source, endpoints.tokenUri)
  return new ServiceAccountCredentials(key, { ...options, ...endpoints })
}
