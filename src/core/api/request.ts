import type { Access } from './access.js'
import { contentOf, readAs } from './content.js'
import { GoogleApiError, printable } from './error.js'
import { connectionsOfFetch } from '../http/connections.js'
import { timeLimit } from '../lib/abortable.js'
import { requestUrl } from './request-url.js'
import type { Retries } from './retry.js'
import { sendWatched } from './send-watched.js'
import { ApiResponse, type ApiRequestOptions } from './types.js'
import { WireCall } from './calls/wire-call.js'

/** Default of `maxResponseBytes`: far more than a page of a list has, far less than the memory of a process. */
export const MAX_RESPONSE_BYTES = 64 * 1024 * 1024
/** How long a call without a `timeout` waits for the headers of its answer. */
const HEADERS_TIMEOUT_MS = 60_000
/** The same as in gaxios. */
const DEFAULT_RETRIES = 3
const DEFAULT_RETRIES_UNANSWERED = 2

/**
 * The answer to one API call, with its body parsed: the fast way, and what Google's API clients call. It goes over the
 * connections of `access`, or else over those of the global `fetch`, without the cost of `fetch`. Where the app has put another
 * function instead of Node's `fetch`, that function sends it. Throws a `GoogleApiError` for a status that is not a
 * success, and a `ResponseTooLargeError` above the bound of `access`, which a stream does not have.
 */
export async function apiRequest<T>(access: Access, options: ApiRequestOptions): Promise<ApiResponse<T>> {
  const url = access.rule(requestUrl(options))
  const method = (options.method ?? 'GET').toUpperCase()
  const { headers, body } = await contentOf(options)
  const content = { url, method, headers, body, signal: signalOf(options), headersTimeout: HEADERS_TIMEOUT_MS }
  const call = new WireCall(content, access.connections ?? connectionsOfFetch())
  const { answer } = await sendWatched(call, access, retriesOf(options))
  const valid = (options.validateStatus ?? isSuccess)(answer.status)
  // The body of an error is always read, even where the caller wanted a stream: it says what is wrong.
  const data = await readAs(valid ? options.responseType : 'unknown', answer, access.maxResponseBytes)
  if (!valid) throw new GoogleApiError(new ApiResponse(data, answer, printable(options)))
  return new ApiResponse(data as T, answer, options)
}

function retriesOf({ retry, retryConfig }: ApiRequestOptions): Retries {
  if (retry !== true && retryConfig === undefined) return { answered: 0, unanswered: 0 }
  const { retry: answered = DEFAULT_RETRIES, noResponseRetries: unanswered = DEFAULT_RETRIES_UNANSWERED } =
    retryConfig ?? {}
  return { answered, unanswered, methods: retryConfig?.httpMethodsToRetry }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function signalOf({ signal, timeout }: ApiRequestOptions): AbortSignal | undefined {
  return timeout ? timeLimit(timeout, signal) : signal
}
