import type { Connections } from '../http/connections.js'
import type { Access } from '../api/access.js'
import { apiRequest, MAX_RESPONSE_BYTES } from '../api/request.js'
import type { ApiRequestOptions, ApiResponse } from '../api/types.js'
import { authorizedFetch } from '../api/authorized-fetch.js'
import { allowOrigins, anyOrigin, type OriginRule } from '../api/origins.js'
import type { TokenSource } from '../api/access.js'
import type { Fetch } from '../lib/url.js'
import type { Token } from '../token/token.js'
import { scopesOf, tokenInfoUriFor } from '../api/tokeninfo.js'

/** What a subclass of `Credentials` says of how tokens are sent. */
export interface Sending {
  /** Where a token may be sent; default: anywhere. */
  rule?: OriginRule
  /** Connections for API calls; default: those of the global `fetch`. */
  connections?: Connections
  /** The most that `request` reads of one answer; default: 64 MiB. */
  maxResponseBytes?: number | undefined
  /** `true` (default): a 401 that no refresh can help is returned. `false`: it is thrown as a `GrantLostError`. */
  returnRefused?: boolean
  /** Where `retrieveScopes` asks: the endpoint of the issuer that the tokens come from. Default: nowhere. */
  tokenInfoUri?: string | undefined
  /** How it asks; default: the global `fetch`. */
  fetch?: Fetch
}

/** Options of `authorize`. */
export interface AuthorizeOptions {
  /** How often an idempotent request is tried again on 408, 429, 5xx and lost connections; default: never. */
  retries?: number
}

/** Options that credentials of every kind share. */
export interface SendingOptions {
  /** Origins that a token may be sent to, such as `https://*.googleapis.com`; default: anywhere. */
  apiOrigins?: readonly string[] | undefined
  /** Connections for API calls, such as undici's `ProxyAgent`; default: those of the global `fetch`. */
  dispatcher?: Connections | undefined
  /**
   * The most that `request` reads of one answer, in bytes after decompression; default: 64 MiB, `Infinity` for no bound.
   * Streams and the answers of `authorize()` are not bounded.
   */
  maxResponseBytes?: number | undefined
  /** Where `retrieveScopes` asks; default: Google's endpoint for Google's tokens, and nowhere for others. */
  tokenInfoUri?: string | undefined
  /** For the provider's endpoints. The `fetch` for API calls is given to `authorize`. */
  fetch?: Fetch | undefined
}

/**
 * `options`, checked, as the base class takes them. `tokenUri`: where the tokens come from, default Google. Throws a
 * `TypeError` for `apiOrigins` that are not origins, and for a `maxResponseBytes` that is not a number above 0.
 */
export function sendingOf(options: SendingOptions & { tokenUri?: string | undefined }): Sending {
  const {
    apiOrigins,
    dispatcher,
    tokenUri,
    tokenInfoUri = tokenInfoUriFor(tokenUri),
    fetch,
    maxResponseBytes
  } = options
  if (maxResponseBytes !== undefined && !(typeof maxResponseBytes === 'number' && maxResponseBytes > 0))
    throw new TypeError('maxResponseBytes must be a number of bytes above 0, such as 64 * 1024 * 1024.')
  return {
    ...(apiOrigins === undefined ? {} : { rule: allowOrigins(apiOrigins) }),
    ...(dispatcher === undefined ? {} : { connections: dispatcher }),
    tokenInfoUri,
    maxResponseBytes,
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
  readonly #access: Access

  /**
   * @param source Gives tokens; default: `token()`, which a subclass overrides.
   * @param sending Where tokens may be sent, and how.
   */
  constructor(source: TokenSource = noSource, sending: Sending = {}) {
    this.#source = source
    const { rule = anyOrigin, connections, returnRefused = true, maxResponseBytes = MAX_RESPONSE_BYTES } = sending
    this.#sending = sending
    this.#access = { source: (rejected) => this.token(rejected), rule, connections, returnRefused, maxResponseBytes }
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
   * as the body can be sent only once: then the 401 is returned. The body of a `Request` is kept in memory meanwhile. The
   * caller who reads an answer has to bound its size.
   * @param base What sends the requests; default: the connections of the global `fetch`.
   * @param options How often to try again.
   */
  authorize(base?: Fetch, { retries = 0 }: AuthorizeOptions = {}): Fetch {
    return authorizedFetch(this.#access, base, retries)
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
   * `{ data, status, headers, config }` of one API call, `data` parsed: the fast way. Throws a `GoogleApiError` where gaxios
   * would throw, and a `ResponseTooLargeError` above `maxResponseBytes`.
   * @param options The call, in the shape of gaxios' options.
   */
  request<T = unknown>(options: ApiRequestOptions): Promise<ApiResponse<T>> {
    return apiRequest<T>(this.#access, options)
  }

  /**
   * Headers that authorize a request to `url`. Throws an `OriginNotAllowedError` as the request itself would.
   * @param url Where the request goes.
   */
  async getRequestHeaders(url?: string | URL): Promise<Headers> {
    if (url !== undefined) this.#access.rule(url)
    return this.apply(new Headers())
  }

  /** The access token, as Google's API clients ask for it. */
  async getAccessToken(): Promise<{
    /** A token that can be sent now. */
    token: string
  }> {
    return { token: (await this.token()).accessToken }
  }

  /**
   * The scopes of the token, as its issuer tells them. Costs a request. Throws an `OriginNotAllowedError` where the token may
   * not be sent to the endpoint, or where none is known.
   */
  async retrieveScopes(): Promise<string[]> {
    const { fetch: base = fetch, tokenInfoUri } = this.#sending
    return scopesOf(this.#access, base, tokenInfoUri)
  }
}

async function noSource(): Promise<never> {
  throw new TypeError('Credentials need a source of tokens: give one to the constructor, or override token().')
}
