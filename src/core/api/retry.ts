import { pauseMs, retried } from '../lib/backoff.js'
import type { Access } from './access.js'
import type { Call } from './calls/call.js'
import type { Answer } from '../http/answer.js'
import { sendAuthorized, type Arrival } from './send-authorized.js'

/** Methods whose second request has no second effect. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE']
const LOST_CONNECTION = /^(E[A-Z]+|UND_ERR_(SOCKET|CONNECT_TIMEOUT|HEADERS_TIMEOUT))$/

/** How often a call is tried again, at most. */
export interface Retries {
  /** After 408, 429 and 5xx. */
  answered: number
  /** After a lost connection. */
  unanswered: number
  methods?: readonly string[] | undefined
}

/**
 * The answer to a call, which is tried again as often as `retries` allows. The pauses grow, and are as long as `Retry-After`
 * asks. Where it asks for more than a minute, the answer is returned as it is. A stream is sent once. The signal of the call
 * ends a pause, too.
 */
export async function sendPatiently<A extends Answer>(
  call: Call<A>,
  access: Access,
  { answered, unanswered, methods = IDEMPOTENT }: Retries
): Promise<Arrival<A>> {
  const once = (): Promise<Arrival<A>> => sendAuthorized(call, access)
  if (call.streamBody || !methods.includes(call.method) || answered + unanswered === 0) return once()
  const pauseAfter = (outcome: PromiseSettledResult<Arrival<A>>, tried: number): number | null => {
    if (outcome.status === 'rejected')
      return tried < unanswered && isLostConnection(outcome.reason) ? pauseMs(tried, null) : null
    const { answer } = outcome.value
    if (tried >= answered || !isPassing(answer.status)) return null
    const pause = pauseMs(tried, answer.header('retry-after'))
    if (pause !== null) answer.discard()
    return pause
  }
  return retried(once, pauseAfter, call.signal)
}

function isPassing(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

function isLostConnection(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  return LOST_CONNECTION.test(String(code ?? cause?.code))
}
