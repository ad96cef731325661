import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { ApiRequestOptions } from './api-types.js'
import { retryAfterS } from './provider-http.js'

const DEFAULT_RETRIES = 3
const DEFAULT_RETRIES_WITHOUT_ANSWER = 2
const FIRST_PAUSE_MS = 500
const IDEMPOTENT = ['GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE']
const LOST_CONNECTION = /^(E[A-Z]+|UND_ERR_(SOCKET|CONNECT_TIMEOUT|HEADERS_TIMEOUT))$/

/** The answer of `once`, which is tried again as `options` ask: idempotent calls, on 408, 429, 5xx and lost connections. */
export async function retried(
  once: () => Promise<Dispatcher.ResponseData>,
  { retry, retryConfig, signal }: ApiRequestOptions,
  method: string,
  oneShot: boolean
): Promise<Dispatcher.ResponseData> {
  const wanted = (retry === true || retryConfig !== undefined) && !oneShot
  const repeatable = wanted && (retryConfig?.httpMethodsToRetry ?? IDEMPOTENT).includes(method)
  const mostAnswered = repeatable ? (retryConfig?.retry ?? DEFAULT_RETRIES) : 0
  const mostUnanswered = repeatable ? (retryConfig?.noResponseRetries ?? DEFAULT_RETRIES_WITHOUT_ANSWER) : 0
  for (let tried = 0, pause = FIRST_PAUSE_MS; ; tried++, pause *= 2) {
    let waitMs = pause * (0.5 + Math.random())
    try {
      const answer = await once()
      const passing = answer.statusCode === 408 || answer.statusCode === 429 || answer.statusCode >= 500
      if (!passing || tried >= mostAnswered) return answer
      const asked = retryAfterS(new Headers({ 'retry-after': String(answer.headers['retry-after'] ?? '') }), Date.now())
      waitMs = Math.max(waitMs, (asked ?? 0) * 1000)
      await answer.body.dump()
    } catch (error) {
      const lost = LOST_CONNECTION.test(String((error as { code?: unknown }).code))
      if (!lost || tried >= mostUnanswered) throw error
    }
    await sleep(waitMs, undefined, signal ? { signal } : {})
  }
}
