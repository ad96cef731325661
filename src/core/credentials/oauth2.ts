import { revokeGrant } from '../provider/revoke.js'
import type { OAuthClient } from '../provider/client-authentication.js'
import { sendingOf, type SendingOptions } from './credentials.js'
import type { IdTokenClaims } from '../provider/id-token-claims.js'
import { MemoryStorage } from '../storage/memory.js'
import { providerFetch } from '../provider/fetch.js'
import { providerSource } from '../provider/endpoints.js'
import { printsAs, REDACTED } from '../lib/redact.js'
import { refreshBy } from '../provider/refresh.js'
import type { CredentialsDocument } from '../oauth2client-json/document.js'
import { userDocument } from '../oauth2client-json/user.js'
import type { Storage } from '../storage/storage.js'
import { StoredCredentials } from './stored-credentials.js'
import { living } from '../token/lost.js'
import { Token, type TokenRecord } from '../token/token.js'

/** Options of `OAuth2Credentials`. */
export interface OAuth2CredentialsOptions extends SendingOptions {
  /** The token to begin with. */
  token: Token | TokenRecord
  /** The OAuth client's id. */
  clientId: string
  /** The OAuth client's secret; absent for a public client. */
  clientSecret?: string | undefined
  /** The token endpoint; default: Google's. */
  tokenUri?: string | undefined
  /** The revocation endpoint; default: Google's where the token endpoint is Google's, else none. */
  revokeUri?: string | undefined
  /** Verified claims of the user's ID token, where there are any. */
  idToken?: IdTokenClaims | null | undefined
  /** Where refreshed tokens are stored, and newer ones found; default: in memory. */
  storage?: Storage | undefined
  /** The clock, in milliseconds since the epoch; default: `Date.now`. */
  now?: (() => number) | undefined
  /** The document that the credentials were read from. @internal */
  document?: CredentialsDocument | undefined
}

/**
 * A user's credentials. They refresh themselves, in their storage if they have one.
 * @see https://oauth2client.readthedocs.io/en/latest/source/oauth2client.client.html
 */
export class OAuth2Credentials extends StoredCredentials {
  /** The verified claims of the ID token; `null` if there was none. */
  readonly idToken: IdTokenClaims | null
  readonly #options: OAuth2CredentialsOptions
  readonly #client: OAuthClient
  readonly #first: Token

  /**
   * @param options The token, its client, and where it is stored.
   * @param client The client as the flow has it; default: made from the options.
   */
  constructor(options: OAuth2CredentialsOptions, client: OAuthClient = clientOf(options)) {
    const first = options.token instanceof Token ? options.token : Token.from(options.token)
    const { storage = new MemoryStorage(), now } = options
    super({
      storage,
      first,
      refresh: refreshBy(client),
      ...sendingOf({ fetch: client.fetch, ...options }),
      ...(now === undefined ? {} : { now })
    })
    this.idToken = options.idToken ?? null
    this.#options = { ...options }
    this.#client = client
    this.#first = first
  }

  /** Credentials for a client that is ready for use. @internal */
  static async of(client: OAuthClient, token: Token, idToken: IdTokenClaims | null): Promise<OAuth2Credentials> {
    const { clientId, clientSecret, now } = client
    const { server } = await client.provider()
    const [tokenUri, revokeUri] = [server.token_endpoint, server.revocation_endpoint]
    return new OAuth2Credentials({ token, clientId, clientSecret, tokenUri, revokeUri, idToken, now }, client)
  }

  /** The token that these credentials began with. `token()` gives the one to use. */
  get first(): Token {
    return this.#first
  }

  /**
   * The token that these credentials have seen last, usable or not: to `put` into a storage. `token()` gives the one
   * to use.
   */
  get current(): Token {
    return this.latest ?? this.#first
  }

  /**
   * The same credentials with another storage: later refreshes are stored there, and a token that is there already
   * counts.
   * @param storage The slot to use.
   */
  withStorage(storage: Storage): OAuth2Credentials {
    return new OAuth2Credentials({ ...this.#options, token: this.current, storage }, this.#client)
  }

  /** A fresh token, even if the old one could still be used. */
  async refresh(): Promise<Token> {
    return this.token(living(await this.storage.get()))
  }

  /**
   * The scopes that the user has granted by now, as Google says. They are kept for `hasScopes`. Costs a request. Throws as
   * `token()` does.
   */
  override async retrieveScopes(): Promise<string[]> {
    const scopes = await super.retrieveScopes()
    await this.storage.update((latest) => latest && latest.with({ scopes }))
    return scopes
  }

  /**
   * Ends the grant at Google, for the whole Cloud project. The token is deleted here in any case. Throws a
   * `TokenRevokeError` when Google did not confirm. A provider without a revocation endpoint is not asked.
   * @see https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
   */
  async revoke(): Promise<void> {
    const held = await this.storage.get()
    await this.storage.delete()
    if (held !== null) await revokeGrant(this.#client, held)
  }

  /**
   * These credentials, with the token that they have seen last, in oauth2client's own JSON, which `deserializeCredentials`
   * and Python read. The only way to get the secrets out.
   */
  serialize(): string {
    const { clientId, clientSecret, tokenUri, revokeUri, tokenInfoUri, document } = this.#options
    const fields = { clientId, clientSecret, tokenUri, revokeUri, tokenInfoUri, idToken: this.idToken }
    return JSON.stringify(userDocument(this.current, fields, document))
  }
}

printsAs(OAuth2Credentials, ({ idToken }) => ({ sub: idToken?.sub, token: REDACTED }))

function clientOf(options: OAuth2CredentialsOptions): OAuthClient {
  const { clientId, clientSecret, tokenUri, revokeUri, fetch: base = fetch, now = Date.now } = options
  if (typeof clientId !== 'string' || clientId === '') throw new TypeError('clientId must be a text that is not empty.')
  const bounded = providerFetch(base)
  const provider = providerSource({ tokenUri, revokeUri }, bounded)
  return { clientId, clientSecret, provider, fetch: bounded, now }
}
