import type { ApiRequestOptions, ApiResponse } from './types.js'

/**
 * An API's answer that is no success, in the shape that users of Google's API clients know: `status`, `code`, `errors`,
 * `response.data`. `config` is what the caller passed, so it holds no token.
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

  /** @param response The answer. */
  constructor(response: ApiResponse<unknown>) {
    const told = (response.data as { error?: unknown } | null | undefined)?.error
    const error = (typeof told === 'object' && told !== null ? told : {}) as {
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
  }
}
