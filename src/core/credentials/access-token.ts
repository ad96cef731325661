import { AccessTokenCredentialsError } from '../errors/api.js'
import { TokenRevokeError } from '../errors/grant.js'
import { Credentials, sendingOf, type SendingOptions } from './credentials.js'
import { providerFetch } from '../provider/fetch.js'
import { GOOGLE_ENDPOINTS } from '../provider/endpoints.js'
import { printsAs, REDACTED } from '../lib/redact.js'
import { refusalOf, troubleName } from '../provider/refusal.js'
import { classFields, EMPTY_DOCUMENT, type CredentialsDocument } from '../oauth2client-json/document.js'
import { Token } from '../token/token.js'
import type { TokenSource } from '../api/access.js'

/** Options of `AccessTokenCredentials`. */
export interface AccessTokenCredentialsOptions extends SendingOptions {
  /** The revocation endpoint; default: Google's. */
  revokeUri?: string | undefined
  /** What the credentials were read from. @internal */
  document?: CredentialsDocument | undefined
}

/**
 * An access token that was obtained elsewhere and cannot be refreshed. `token()` throws an `AccessTokenCredentialsError`
 * once an API has refused it.
 * @see https://oauth2client.readthedocs.io/en/latest/source/oauth2client.client.html
 */
export class AccessTokenCredentials extends Credentials {
  readonly #token: Token
  readonly #options: AccessTokenCredentialsOptions

  /**
   * @param accessToken The access token.
   * @param options Where it may be sent, and how.
   */
  constructor(accessToken: string, options: AccessTokenCredentialsOptions = {}) {
    if (typeof accessToken !== 'string' || accessToken === '')
      throw new TypeError('accessToken must be a text that is not empty.')
    const token = Token.from({ accessToken, scopes: [] })
    super(only(token), sendingOf(options))
    this.#token = token
    this.#options = { ...options }
  }

  /**
   * Ends the token and its grant at Google. Throws a `TokenRevokeError` when Google did not confirm, also for a token that has
   * ended already.
   */
  async revoke(): Promise<void> {
    const { fetch: base = fetch, revokeUri = GOOGLE_ENDPOINTS.revocation_endpoint } = this.#options
    const token = this.#token.accessToken
    const asked = { method: 'POST', body: new URLSearchParams({ token }) }
    const response = await providerFetch(base)(revokeUri, asked).catch((error: unknown) => {
      throw new TokenRevokeError(troubleName(error), error)
    })
    if (response.status === 200) return
    const refusal = await refusalOf(response, { now: Date.now }, [token])
    throw new TokenRevokeError(refusal.error, refusal)
  }

  /** These credentials in oauth2client's own JSON: the only way to get the secrets out. */
  serialize(): string {
    const { revokeUri, document = EMPTY_DOCUMENT } = this.#options
    const fields = { access_token: this.#token.accessToken, revoke_uri: revokeUri ?? document['revoke_uri'] ?? null }
    return JSON.stringify({ ...EMPTY_DOCUMENT, ...document, ...fields, ...classFields('AccessTokenCredentials') })
  }
}

printsAs(AccessTokenCredentials, () => ({ token: REDACTED }))

function only(token: Token): TokenSource {
  return async (rejected) => {
    if (rejected?.accessToken === token.accessToken) throw new AccessTokenCredentialsError()
    return token
  }
}
