import type { ApiRequestOptions, ApiResponse } from './types.js'

/**
 * An API's answer that is no success, in the shape that users of Google's API clients know: `status`, `code`, `errors`,
 * `response.data`. `config` is what the caller passed, so it holds no token.
 * @see https://cloud.google.com/apis/design/errors
 */
export class GoogleApiError extends Error {
  readonly status: number
  readonly code: number | string
  readonly response: ApiResponse<unknown>
  readonly config: ApiRequestOptions
  readonly errors?: unknown[]

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
