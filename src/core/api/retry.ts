import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiRequestOptions } from './types.js'
import type { Answer } from './http/answer.js'
import { pauseMs } from '../lib/backoff.js'
import { IDEMPOTENT } from './retrying-fetch.js'

const DEFAULT_RETRIES = 3
const DEFAULT_RETRIES_WITHOUT_ANSWER = 2
const LOST_CONNECTION = /^(E[A-Z]+|UND_ERR_(SOCKET|CONNECT_TIMEOUT|HEADERS_TIMEOUT))$/

/** One call, as far as trying it again goes. */
export interface Repeatable {
  method: string
  oneShot: boolean
  /** Ends the whole call, pauses included. */
  signal: AbortSignal | undefined
}

/** The answer of `once`, which is tried again as `options` ask: idempotent calls, on 408, 429, 5xx and lost connections. */
export async function retried<R extends { answer: Answer }>(
  once: () => Promise<R>,
  { retry, retryConfig }: ApiRequestOptions,
  { method, oneShot, signal }: Repeatable
): Promise<R> {
  const wanted = (retry === true || retryConfig !== undefined) && !oneShot
  const repeatable = wanted && (retryConfig?.httpMethodsToRetry ?? IDEMPOTENT).includes(method)
  const mostAnswered = repeatable ? (retryConfig?.retry ?? DEFAULT_RETRIES) : 0
  const mostUnanswered = repeatable ? (retryConfig?.noResponseRetries ?? DEFAULT_RETRIES_WITHOUT_ANSWER) : 0
  for (let tried = 0; ; tried++) {
    let pause: number | null
    try {
      const result = await once()
      const { status } = result.answer
      const passing = status === 408 || status === 429 || status >= 500
      pause = passing && tried < mostAnswered ? pauseMs(tried, result.answer.header('retry-after')) : null
      if (pause === null) return result
      result.answer.discard()
    } catch (error) {
      const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
      const lost = LOST_CONNECTION.test(String(code ?? cause?.code))
      if (!lost || tried >= mostUnanswered) throw error
      pause = pauseMs(tried, null) ?? 0
    }
    await sleep(pause, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error
    })
  }
}
