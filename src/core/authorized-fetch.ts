import { sendAuthorized, type TokenSource } from './authorized.js'
import type { OriginRule } from './origins.js'
import type { Fetch } from './provider-http.js'

/**
 * A function of `fetch`'s type that sends the token of `source`, to origins that `rule` allows, and tries once more
 * after a 401. A one-shot body (a stream) is not sent twice: then the 401 is returned.
 * Throws what `source` throws, and an `OriginNotAllowedError` before anything is sent.
 */
export function authorizedFetch(
  source: TokenSource,
  rule: OriginRule,
  base: Fetch = fetch,
  { returnRefused = true }: { returnRefused?: boolean } = {}
): Fetch {
  return async (input, init = {}) => {
    const request = input instanceof Request ? input : null
    const url = rule(request?.url ?? (input as string | URL)).href
    const signal = init.signal ?? request?.signal
    signal?.throwIfAborted()
    // A Request's own body can be read once: a clone goes first, the original is kept for the second try.
    const ownBody = request !== null && request.body !== null && init.body === undefined
    let tries = 0
    return sendAuthorized<Response>((rejected) => unlessAborted(source(rejected), signal), {
      send: (accessToken) => {
        const headers = new Headers(init.headers ?? request?.headers)
        headers.set('authorization', `Bearer ${accessToken}`)
        const again = tries++ > 0
        const target = request === null ? url : ownBody && !again ? request.clone() : request
        return base(target, { ...init, headers })
      },
      statusOf: (response) => response.status,
      discard: (response) => void response.body?.cancel().catch(() => {}),
      resendable: !isOneShot(init.body),
      returnRefused
    })
  }
}

/** Whether a body can be read only once. */
export function isOneShot(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false
  if (ArrayBuffer.isView(body) || body instanceof URLSearchParams || body instanceof FormData) return false
  return body instanceof ReadableStream || Symbol.asyncIterator in body || Symbol.iterator in body
}

/** `promise`, or the reason of `signal` as soon as it aborts: waiting for a token must not outlive the caller's patience. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
