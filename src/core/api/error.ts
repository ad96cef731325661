import { retryAfterHeader } from '../errors/base.js'
import { retryAfterS } from '../lib/url.js'
import { plainHeaders } from './content.js'
import type { ApiRequestOptions, ApiResponse } from './types.js'

/**
 * An API's answer that is not a success, in the shape that users of Google's API clients know: `status`, `code`, `errors`,
 * `response.data`. `config` is what the caller passed, without any `authorization`. Fastify answers it with 502 or 503 and
 * not with `status`: what Google did not find is not a missing page of the app.
 * @see https://cloud.google.com/apis/design/errors
 */
export class GoogleApiError extends Error {
  /** The HTTP status of the answer. */
  readonly status: number
  /** Google's own code in the body, else the status. */
  readonly code: number | string
  /** The whole answer. */
  readonly response: ApiResponse<unknown>
  /** The options of the call. */
  readonly config: ApiRequestOptions
  /** What Google lists in the body, where it lists any. */
  readonly errors?: unknown[]
  /** Response headers that go with the error; Fastify's error handler sends them. */
  readonly headers?: Record<string, string>

  /** @param response The answer. */
  constructor(response: ApiResponse<unknown>) {
    const told = (response.data as { error?: unknown } | null | undefined)?.error
    const error = (typeof told === 'object' && told !== null ? told : { message: told }) as {
      message?: unknown
      code?: unknown
      errors?: unknown
    }
    super(typeof error.message === 'string' ? error.message : `The API answered ${response.status}`)
    this.name = 'GoogleApiError'
    this.status = response.status
    this.code = typeof error.code === 'number' ? error.code : response.status
    this.response = response
    this.config = response.config
    if (Array.isArray(error.errors)) this.errors = error.errors
    if (this.statusCode === 503) this.headers = retryAfterHeader(retryAfterS(response.headers, Date.now()))
  }

  /** What Fastify answers when a handler does not catch the error: 503 where waiting may help (429 and 5xx), else 502. */
  get statusCode(): number {
    return this.status === 429 || this.status >= 500 ? 503 : 502
  }
}

/** `options` as an error may print them: without an `authorization` of the caller, which was not sent either. */
export function printable(options: ApiRequestOptions): ApiRequestOptions {
  return options.headers === undefined ? options : { ...options, headers: plainHeaders(options.headers) }
}
