import type { Connections } from '../api/http/connections.js'
import { apiRequest, type ApiRequest } from '../api/request.js'
import type { ApiRequestOptions, ApiResponse } from '../api/types.js'
import { authorizedFetch } from '../api/authorized-fetch.js'
import { allowOrigins, anyOrigin, type OriginRule } from '../api/origins.js'
import { pooledFetch } from '../api/pooled/fetch.js'
import type { Fetch } from '../lib/url.js'
import { retryingFetch } from '../api/retrying-fetch.js'
import type { Token } from '../token/token.js'
import { scopesOf } from '../api/tokeninfo.js'

export interface Sending {
  /** Where a token may be sent; default anywhere. */
  rule?: OriginRule
  /** Connections for API calls; default those of the global `fetch`. */
  connections?: Connections
  /** Whether a 401 that no refresh can heal is returned (default), or told as a `GrantLostError`. */
  returnRefused?: boolean
  /** Where and how `retrieveScopes` asks; default Google, by the global `fetch`. */
  tokenInfoUri?: string
  fetch?: Fetch
}

export interface AuthorizeOptions {
  /** How often an idempotent request is tried again on 429 and 503, honouring `Retry-After`; default never. */
  retries?: number
}

/** Options that credentials of every kind share. */
export interface SendingOptions {
  /** Origins that a token may be sent to, such as `https://*.googleapis.com`; default anywhere. */
  apiOrigins?: readonly string[] | undefined
  /** Connections for API calls, such as undici's `ProxyAgent`; default those of the global `fetch`. */
  dispatcher?: Connections | undefined
  tokenInfoUri?: string | undefined
  /** For the token endpoint and its like; what calls the API is handed to `authorize`. */
  fetch?: Fetch | undefined
}

/** `options`, checked, as the base class takes them. Throws a `TypeError` for origins that are none. */
export function sendingOf({ apiOrigins, dispatcher, tokenInfoUri, fetch }: SendingOptions): Sending {
  return {
    ...(apiOrigins === undefined ? {} : { rule: allowOrigins(apiOrigins) }),
    ...(dispatcher === undefined ? {} : { connections: dispatcher }),
    ...(tokenInfoUri === undefined ? {} : { tokenInfoUri }),
    ...(fetch === undefined ? {} : { fetch })
  }
}

/**
 * What an API call is authorized by. A subclass says where the token comes from; everything else follows from
 * `token(rejected)`. Google's API clients take any of them as their `auth`.
 */
export abstract class Credentials {
  readonly #sending: Sending
  #request: ApiRequest | undefined

  constructor(sending: Sending = {}) {
    this.#sending = sending
  }

  /** A token that can be sent now: any but the one that an API has just `rejected`. */
  abstract token(rejected?: Token): Promise<Token>

  /** What Google's API clients take as their `auth`. Of type `never`, which every version of them accepts without a cast. */
  get auth(): never {
    return this as never
  }

  /**
   * A function of `fetch`'s type that sends the token, and after a 401 once more with a fresh one. A stream as the body is
   * sent once: then the 401 is returned. A `Request` keeps its body in memory for the second time.
   */
  authorize(base?: Fetch, { retries = 0 }: AuthorizeOptions = {}): Fetch {
    const { rule = anyOrigin, connections, returnRefused = true } = this.#sending
    base ??= pooledFetch(connections)
    const patient = retries > 0 ? retryingFetch(base, retries) : base
    return authorizedFetch((rejected) => this.token(rejected), rule, patient, { returnRefused })
  }

  /** `headers` with `authorization` set to a token that can be sent now. */
  async apply(headers: Headers): Promise<Headers> {
    headers.set('authorization', `Bearer ${(await this.token()).accessToken}`)
    return headers
  }

  /** One API call, the fast way: gives `{ data, status, headers, config }`, `data` parsed; throws a `GoogleApiError` as gaxios would. */
  request<T = unknown>(options: ApiRequestOptions): Promise<ApiResponse<T>> {
    const { rule = anyOrigin, connections, returnRefused = true } = this.#sending
    this.#request ??= apiRequest((rejected) => this.token(rejected), rule, connections, { returnRefused })
    return this.#request<T>(options)
  }

  /** Headers that authorize a request to `url`; refused like the request itself. */
  async getRequestHeaders(url?: string | URL): Promise<Headers> {
    if (url !== undefined) (this.#sending.rule ?? anyOrigin)(url)
    return this.apply(new Headers())
  }

  async getAccessToken(): Promise<{ token: string }> {
    return { token: (await this.token()).accessToken }
  }

  /** The scopes of the token, as Google tells them. Costs a request. */
  retrieveScopes(): Promise<string[]> {
    const { fetch: base = fetch, tokenInfoUri } = this.#sending
    return scopesOf((rejected) => this.token(rejected), base, tokenInfoUri)
  }
}
