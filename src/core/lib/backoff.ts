import { setTimeout as sleep } from 'node:timers/promises'
import { retryAfterS } from './url.js'

const FIRST_PAUSE_MS = 500
/** The longest pause: a caller who is asked to wait longer gets the answer that says so. */
const LONGEST_PAUSE_MS = 60_000

/**
 * Milliseconds of the pause after the try with the number `tried`, from 0: pauses double, and vary so that callers do
 * not march in step.
 */
export function growingPauseMs(tried: number, firstMs: number = FIRST_PAUSE_MS): number {
  return firstMs * 2 ** tried * (0.5 + Math.random())
}

/** A growing pause, at least as long as a `Retry-After` asks; `null` when that asks for more than a minute. */
export function pauseMs(tried: number, retryAfter: string | null | undefined, now: number = Date.now()): number | null {
  const headers = new Headers(retryAfter ? { 'retry-after': retryAfter } : {})
  const pause = Math.max(growingPauseMs(tried), (retryAfterS(headers, now) ?? 0) * 1000)
  return pause > LONGEST_PAUSE_MS ? null : pause
}

/**
 * Gives the pause before the next try, in milliseconds, from the outcome of try number `tried`, from 0;
 * `null` accepts the outcome, a result or an error. May throw an error in its place.
 */
export type PauseAfter<T> = (outcome: PromiseSettledResult<T>, tried: number) => number | null

/**
 * What becomes of `once`, which is tried again while `pauseAfter` gives a pause. Throws the reason of `signal` during
 * one.
 */
export async function retried<T>(
  once: () => Promise<T>,
  pauseAfter: PauseAfter<T>,
  signal?: AbortSignal | null
): Promise<T> {
  for (let tried = 0; ; tried++) {
    const [outcome] = await Promise.allSettled([once()])
    const pause = pauseAfter(outcome, tried)
    if (pause === null) {
      if (outcome.status === 'fulfilled') return outcome.value
      throw outcome.reason
    }
    await sleep(pause, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error
    })
  }
}
