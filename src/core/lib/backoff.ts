import { retryAfterS } from './url.js'

const FIRST_PAUSE_MS = 500
/** Nobody waits longer than this for an answer: who is told to come back later is told so. */
const LONGEST_PAUSE_MS = 60_000

/**
 * Milliseconds to wait before the next try, the first of which is number 0: they double, vary so that callers do not
 * march in step, and are no shorter than a `Retry-After` asks. `null` when that asks for too much.
 */
export function pauseMs(tried: number, retryAfter: string | null | undefined, now: number = Date.now()): number | null {
  const own = FIRST_PAUSE_MS * 2 ** tried * (0.5 + Math.random())
  const headers = new Headers(retryAfter ? { 'retry-after': retryAfter } : {})
  const pause = Math.max(own, (retryAfterS(headers, now) ?? 0) * 1000)
  return pause > LONGEST_PAUSE_MS ? null : pause
}
