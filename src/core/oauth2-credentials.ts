import { GrantLostError, TokenRevokeError } from './errors.js'
import type { IdTokenClaims } from './id-token.js'
import { MemoryStorage } from './memory-storage.js'
import { allowOrigins } from './origins.js'
import { providerFetch, type Fetch } from './provider-http.js'
import { GOOGLE_ENDPOINTS, providerSource } from './provider.js'
import { printsAs, REDACTED } from './redact.js'
import { refreshBy, troubleName } from './refresh.js'
import type { Storage } from './storage.js'
import { StoredCredentials } from './stored-credentials.js'
import { EndpointRefusal, revokeToken, type OAuthClient } from './token-endpoint.js'
import { Token, type TokenRecord } from './token.js'

export interface OAuth2CredentialsOptions {
  token: Token | TokenRecord
  clientId: string
  clientSecret?: string
  tokenUri?: string
  revokeUri?: string
  /** Verified claims of the user's ID token, where there are any. */
  idToken?: IdTokenClaims | null
  /** Where refreshed tokens land, and where newer ones are found; default in memory. */
  storage?: Storage
  /** Default: a token may be sent anywhere. */
  apiOrigins?: readonly string[]
  fetch?: Fetch
  now?: () => number
}

/**
 * A user's credentials, which refresh themselves, in their storage when they have one.
 * @see https://oauth2client.readthedocs.io/en/latest/source/oauth2client.client.html
 */
export class OAuth2Credentials extends StoredCredentials {
  /** The verified claims of the ID token, or `null` when there was none. */
  readonly idToken: IdTokenClaims | null
  readonly #options: OAuth2CredentialsOptions
  readonly #client: OAuthClient
  readonly #first: Token

  constructor(options: OAuth2CredentialsOptions, client: OAuthClient = clientOf(options)) {
    const first = options.token instanceof Token ? options.token : Token.from(options.token)
    const { storage, apiOrigins, now, idToken = null } = options
    super({
      storage: storage === undefined ? new MemoryStorage(first) : startingWith(first, storage),
      refresh: refreshBy(client),
      ...(apiOrigins === undefined ? {} : { rule: allowOrigins(apiOrigins) }),
      ...(now === undefined ? {} : { now })
    })
    this.idToken = idToken
    this.#options = { ...options }
    this.#client = client
    this.#first = first
  }

  /** Credentials of a client that is known already. @internal */
  static of(client: OAuthClient, token: Token, idToken: IdTokenClaims | null): OAuth2Credentials {
    const { clientId, clientSecret, now } = client
    return new OAuth2Credentials(
      { token, clientId, ...(clientSecret === undefined ? {} : { clientSecret }), idToken, now },
      client
    )
  }

  /** The token these credentials began with; `token()` gives the one to use. */
  get first(): Token {
    return this.#first
  }

  /** The same credentials, whose later refreshes land in `storage`; what is newer there counts. */
  withStorage(storage: Storage): OAuth2Credentials {
    return new OAuth2Credentials({ ...this.#options, token: this.#first, storage }, this.#client)
  }

  /** A fresh token, whether or not the old one would have done. */
  async refresh(): Promise<Token> {
    const held = await this.storage.get()
    if (held === null) throw new GrantLostError('missing')
    return this.token(held)
  }

  /**
   * Ends the grant at Google, for the whole Cloud project, and deletes it here whatever Google answers. Throws a
   * `TokenRevokeError` when Google did not confirm.
   * @see https://developers.google.com/identity/protocols/oauth2/web-server#tokenrevoke
   */
  async revoke(): Promise<void> {
    const held = await this.storage.get()
    await this.storage.delete()
    if (held !== null) await revokeGrant(this.#client, held)
  }
}

printsAs(OAuth2Credentials, ({ idToken }) => ({ sub: idToken?.sub, token: REDACTED }))

/** Ends the grant of `token` at Google: by its refresh token where there is one. Throws a `TokenRevokeError`. */
export async function revokeGrant(client: OAuthClient, token: Token): Promise<void> {
  const value = token.refreshToken ?? token.accessToken
  if (value === '') return
  try {
    await revokeToken(client, value)
  } catch (error) {
    throw new TokenRevokeError(error instanceof EndpointRefusal ? error.error : troubleName(error), error)
  }
}

function clientOf({
  clientId,
  clientSecret,
  tokenUri,
  revokeUri,
  fetch: base = fetch,
  now = Date.now
}: OAuth2CredentialsOptions): OAuthClient {
  if (typeof clientId !== 'string' || clientId === '') throw new TypeError('clientId must be a non-empty text.')
  const bounded = providerFetch(base)
  const provider = providerSource({ tokenUri: tokenUri ?? GOOGLE_ENDPOINTS.token_endpoint, revokeUri }, bounded)
  return { clientId, clientSecret, provider, fetch: bounded, now }
}

/** `storage`, for which `first` stands in until something was found or written there. */
function startingWith(first: Token, storage: Storage): Storage {
  let standIn: Token | null = first
  const orFirst = (token: Token | null): Token | null => {
    if (token !== null) standIn = null
    return token ?? standIn
  }
  return {
    get: async () => orFirst(await storage.get()),
    put: (token) => storage.put(token),
    delete: () => {
      standIn = null
      return storage.delete()
    },
    update: async (change, { until, ...options } = {}) => {
      const untilFirst = until === undefined ? {} : { until: (token: Token | null) => until(orFirst(token)) }
      return orFirst(await storage.update((current) => change(orFirst(current)), { ...options, ...untilFirst }))
    }
  }
}
