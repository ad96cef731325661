import { allowInsecureRequests, customFetch } from 'oauth4webapi'
import { ResponseTooLargeError } from '../errors/api.js'
import type { Answer } from '../http/answer.js'
import { connectionsOf } from '../http/connections.js'
import { FetchAnswer } from '../http/fetch-answer.js'
import { requestOfFetch } from '../http/fetch-request.js'
import { responseOf } from '../http/response.js'
import { send } from '../http/send.js'
import { WholeAnswer } from '../http/whole-answer.js'
import { withinTime } from '../lib/abortable.js'
import { secureUrl, type Fetch } from '../lib/url.js'

/** Time limit for one request to the provider. */
export const PROVIDER_TIMEOUT_MS = 5_000
/** Size of the largest answer that is read from the provider. Its documents have a few kilobytes. */
const MAX_ANSWER_BYTES = 1_048_576

/**
 * `fetch` for the provider's endpoints, by `base`: within a time limit that covers the body, even if `base` ignores its
 * signal; with an answer of bounded size, read whole; without following redirects. Rejects if `base` gives an answer
 * whose status is not one of HTTP.
 */
export function providerFetch(base: Fetch, timeoutMs: number = PROVIDER_TIMEOUT_MS): Fetch {
  return (input, init = {}) =>
    withinTime(timeoutMs, init.signal, (signal) =>
      wholeResponse(answerOf(base, input, { ...init, redirect: 'manual' }, signal))
    )
}

/** The options of oauth4webapi's requests for this `fetch` and for the scheme of `endpoint`. */
export function requestOptions(
  fetch: Fetch,
  endpoint: string | undefined
): {
  // oauth4webapi has a type for the options of each request; a function of unknown options fits all.
  [customFetch]: (url: string, options: unknown) => Promise<Response>
  [allowInsecureRequests]: boolean
} {
  return {
    [customFetch]: (url, options) => fetch(url, options as RequestInit),
    [allowInsecureRequests]: secureUrl(endpoint)?.protocol === 'http:'
  }
}

/** Over the connections of Node's own `fetch` where that is `base`: `fetch` itself costs three times as much. */
async function answerOf(
  base: Fetch,
  input: string | URL | Request,
  init: RequestInit,
  signal: AbortSignal
): Promise<Answer> {
  const connections = connectionsOf(base)
  const wanted = { ...init, signal }
  const request = connections && !(input instanceof Request) ? requestOfFetch(new URL(input), wanted) : null
  if (connections === null || request === null) return new FetchAnswer(await base(input, wanted), signal)
  // The answers are small.
  request.headers['accept-encoding'] = 'identity'
  return send(connections, request)
}

async function wholeResponse(coming: Promise<Answer>): Promise<Response> {
  const answer = await coming
  const { status } = answer
  // Opaque and error responses have status 0. What they stand for is unknown, so they must not count as a success.
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    answer.discard()
    throw failure('The answer has no HTTP status.', 'ENOSTATUS')
  }
  const body = await answer.bytes(MAX_ANSWER_BYTES).catch((error: unknown) => {
    throw error instanceof ResponseTooLargeError ? failure('The answer is too large.', 'ETOOLARGE') : error
  })
  return responseOf({ answer: new WholeAnswer(answer, answer.headers(), body) })
}

function failure(message: string, code: string): Error {
  return Object.assign(new Error(message), { code })
}
