import type { Answer } from '../http/answer.js'

/** One API call, in the shape of gaxios' options. What is not listed is ignored. */
export interface ApiRequestOptions {
  /** Where the call goes. */
  url?: string | URL
  /** What a relative `url` is below. */
  baseURL?: string | URL
  /** Default: `GET`. */
  method?: string
  /** Parameters that are added to the URL; one with a list is added for each member. */
  params?: Record<string, unknown> | URLSearchParams
  /**
   * Makes the query, instead of the usual one.
   * @param params The option `params`.
   */
  paramsSerializer?: (params: never) => string
  /** Headers of the request. An `authorization` among them is not sent. */
  headers?: Headers | [string, string][] | Record<string, unknown>
  /** A plain object or array is sent as JSON; text, bytes, forms and streams as they are. */
  data?: unknown
  /** The same as `data`, and counts before it. */
  body?: unknown
  /** Default: parsed when the answer is JSON, else text. */
  responseType?: 'json' | 'text' | 'arraybuffer' | 'blob' | 'stream' | 'unknown' | (string & {})
  /**
   * Whether a status is a success; default: 200 to 299. Any other is thrown as a `GoogleApiError`.
   * @param status The status of the answer.
   */
  validateStatus?: (status: number) => boolean
  /** Milliseconds for the whole call. */
  timeout?: number
  /** Ends the call. */
  signal?: AbortSignal
  /** Whether an idempotent call is tried again on 408, 429, 5xx and lost connections; default `false`, as gaxios. */
  retry?: boolean
  /** How a call is tried again; it turns `retry` on. */
  retryConfig?: {
    /** How often after such an answer; default: 3. */
    retry?: number
    /** How often after a lost connection; default: 2. */
    noResponseRetries?: number
    /** Which methods; default: GET, HEAD, PUT, OPTIONS and DELETE. */
    httpMethodsToRetry?: string[]
  }
}

/** The answer, with its body parsed into `data`. */
export class ApiResponse<T> {
  /** The body, as `responseType` asks. */
  readonly data: T
  /** The HTTP status. */
  readonly status: number
  /** The text behind the status. */
  readonly statusText: string
  /** The options of the call. */
  readonly config: ApiRequestOptions
  readonly #answer: Answer
  #headers: Headers | undefined

  constructor(data: T, answer: Answer, config: ApiRequestOptions) {
    this.data = data
    this.status = answer.status
    this.statusText = answer.statusText
    this.config = config
    this.#answer = answer
  }

  /** The headers of the answer; made when asked for, as most callers want the data alone. */
  get headers(): Headers {
    this.#headers ??= this.#answer.headers()
    return this.#headers
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }
}
