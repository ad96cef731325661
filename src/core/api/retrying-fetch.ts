import { setTimeout as sleep } from 'node:timers/promises'
import { isOneShot } from './stream-body.js'
import { pauseMs } from '../lib/backoff.js'
import type { Fetch } from '../lib/url.js'

/** Methods that may be repeated without a second effect. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
export const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE']
/** The API asks for patience. */
const LATER = [429, 503]

/**
 * `base`, which tries an idempotent request again, at most `retries` times, when the API asks for patience (429, 503):
 * after a growing pause, or as long as `Retry-After` says, up to a minute; beyond that the answer is returned.
 */
export function retryingFetch(base: Fetch, retries: number): Fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : null
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase()
    const signal = init?.signal ?? request?.signal
    const most = IDEMPOTENT.includes(method) && !isOneShot(init?.body) ? retries : 0
    for (let tried = 0; ; tried++) {
      const last = tried >= most
      const response = await base(request !== null && !last ? request.clone() : input, init)
      const pause =
        last || !LATER.includes(response.status) ? null : pauseMs(tried, response.headers.get('retry-after'))
      if (pause === null) return response
      void response.body?.cancel().catch(() => {})
      await sleep(pause, undefined, signal ? { signal } : {}).catch((error: unknown) => {
        signal?.throwIfAborted()
        throw error
      })
    }
  }
}
