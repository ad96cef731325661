import type { Answer } from './http/answer.js'

/** One API call, in the shape of gaxios' options. What is not listed is ignored. */
export interface ApiRequestOptions {
  url?: string | URL
  baseURL?: string | URL
  method?: string
  params?: Record<string, unknown> | URLSearchParams
  paramsSerializer?: (params: never) => string
  headers?: Headers | [string, string][] | Record<string, unknown>
  /** A plain object or array is sent as JSON; text, bytes, forms and streams as they are. */
  data?: unknown
  body?: unknown
  /** Default: parsed when the answer is JSON, else text. */
  responseType?: 'json' | 'text' | 'arraybuffer' | 'blob' | 'stream' | 'unknown' | (string & {})
  validateStatus?: (status: number) => boolean
  /** Milliseconds for the whole call. */
  timeout?: number
  signal?: AbortSignal
  /** Whether an idempotent call is tried again on 408, 429, 5xx and lost connections; default `false`, as gaxios. */
  retry?: boolean
  retryConfig?: { retry?: number; noResponseRetries?: number; httpMethodsToRetry?: string[] }
}

/** The answer, with its body parsed into `data`. */
export class ApiResponse<T> {
  readonly data: T
  readonly status: number
  readonly statusText: string
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

  /** Made when asked for: most callers want the data alone. */
  get headers(): Headers {
    this.#headers ??= this.#answer.headers()
    return this.#headers
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }
}
