import type { Dispatcher } from 'undici'
import { apiRequest, type ApiRequest } from '../api/request.js'
import type { ApiRequestOptions, ApiResponse } from '../api/types.js'
import { authorizedFetch } from '../api/authorized-fetch.js'
import { allowOrigins, anyOrigin, type OriginRule } from '../api/origins.js'
import { pooledFetch } from '../api/pooled/fetch.js'
import type { Fetch } from '../lib/url.js'
import { retryingFetch } from '../api/retrying-fetch.js'
import type { TokenSource } from '../api/send-authorized.js'
import type { Token } from '../token/token.js'
import { scopesOf } from '../api/tokeninfo.js'

/** What a subclass of `Credentials` says of how tokens are sent. */
export interface Sending {
  /** Where a token may be sent; default: anywhere. */
  rule?: OriginRule
  /** Connections for API calls; default: those of the global `fetch`. */
  connections?: Dispatcher
  /** `true` (default): a 401 that no refresh can help is returned. `false`: it is thrown as a `GrantLostError`. */
  returnRefused?: boolean
  /** Where `retrieveScopes` asks; default: Google. */
  tokenInfoUri?: string
  /** How `retrieveScopes` asks; default: by the global `fetch`. */
  fetch?: Fetch
}

/** Options of `authorize`. */
export interface AuthorizeOptions {
  /** How often an idempotent request is tried again after 429 and 503, as `Retry-After` asks; default: never. */
  retries?: number
}

/** Options that credentials of every kind share. */
export interface SendingOptions {
  /** Origins that a token may be sent to, such as `https://*.googleapis.com`; default: anywhere. */
  apiOrigins?: readonly string[] | undefined
  /** Connections for API calls, such as undici's `ProxyAgent`; default: those of the global `fetch`. */
  dispatcher?: Dispatcher | undefined
  /** Where `retrieveScopes` asks; default: Google. */
  tokenInfoUri?: string | undefined
  /** For the provider's endpoints. The `fetch` for API calls is given to `authorize`. */
  fetch?: Fetch | undefined
}

/** The options as the base class takes them. Throws a `TypeError` for `apiOrigins` that are not origins. */
export function sendingOf({ apiOrigins, dispatcher, tokenInfoUri, fetch }: SendingOptions): Sending {
  return {
    ...(apiOrigins === undefined ? {} : { rule: allowOrigins(apiOrigins) }),
    ...(dispatcher === undefined ? {} : { connections: dispatcher }),
    ...(tokenInfoUri === undefined ? {} : { tokenInfoUri }),
    ...(fetch === undefined ? {} : { fetch })
  }
}

/**
 * Authorized API calls by the tokens of one source. A subclass gives the source to the constructor, or overrides
 * `token(rejected)`; all else follows from that. Google's API clients accept any credentials as their `auth`.
 */
export class Credentials {
  readonly #source: TokenSource
  readonly #sending: Sending
  #request: ApiRequest | undefined

  /**
   * @param source Gives tokens; default: `token()`, which a subclass overrides.
   * @param sending Where tokens may be sent, and how.
   */
  constructor(source: TokenSource = noSource, sending: Sending = {}) {
    this.#source = source
    this.#sending = sending
  }

  /**
   * A token that can be sent now, other than the one that an API has just `rejected`. Throws what the source throws.
   * @param rejected The token that an API has just refused. To force a refresh, pass the present one.
   */
  token(rejected?: Token): Promise<Token> {
    return this.#source(rejected)
  }

  /**
   * These credentials for the `auth` of Google's API clients. Its type is `never`, which every version of them
   * accepts without a cast.
   */
  get auth(): never {
    return this as never
  }

  /**
   * A function of `fetch`'s type that sends the token, and after a 401 sends the request again with a fresh one. A stream
   * as the body can be sent only once: then the 401 is returned. The body of a `Request` is kept in memory meanwhile.
   * @param base What sends the requests; default: the connections of the global `fetch`.
   * @param options How often to try again.
   */
  authorize(base?: Fetch, { retries = 0 }: AuthorizeOptions = {}): Fetch {
    const { rule = anyOrigin, connections, returnRefused = true } = this.#sending
    base ??= pooledFetch(connections)
    const patient = retries > 0 ? retryingFetch(base, retries) : base
    return authorizedFetch((rejected) => this.token(rejected), rule, patient, { returnRefused })
  }

  /**
   * `headers`, in which `authorization` has been set to a token that can be sent now.
   * @param headers The headers of a request.
   */
  async apply(headers: Headers): Promise<Headers> {
    headers.set('authorization', `Bearer ${(await this.token()).accessToken}`)
    return headers
  }

  /**
   * The answer to one API call, the fast way: `{ data, status, headers, config }`, with `data` parsed. Throws a
   * `GoogleApiError` where gaxios would throw.
   * @param options The call, in the shape of gaxios' options.
   */
  request<T = unknown>(options: ApiRequestOptions): Promise<ApiResponse<T>> {
    const { rule = anyOrigin, connections, returnRefused = true } = this.#sending
    this.#request ??= apiRequest((rejected) => this.token(rejected), rule, connections, { returnRefused })
    return this.#request<T>(options)
  }

  /**
   * Headers that authorize a request to `url`. Throws an `OriginNotAllowedError` as the request itself would.
   * @param url Where the request goes.
   */
  async getRequestHeaders(url?: string | URL): Promise<Headers> {
    if (url !== undefined) (this.#sending.rule ?? anyOrigin)(url)
    return this.apply(new Headers())
  }

  /** The access token, as Google's API clients ask for it. */
  async getAccessToken(): Promise<{
    /** A token that can be sent now. */
    token: string
  }> {
    return { token: (await this.token()).accessToken }
  }

  /** The scopes of the token, as Google says. Costs a request. */
  retrieveScopes(): Promise<string[]> {
    const { fetch: base = fetch, tokenInfoUri } = this.#sending
    return scopesOf((rejected) => this.token(rejected), base, tokenInfoUri)
  }
}

async function noSource(): Promise<never> {
  throw new TypeError('Credentials need a source of tokens: give one to the constructor, or override token().')
}
