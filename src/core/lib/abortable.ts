/**
 * The result of `promise`. Throws the reason of `signal` as soon as that is aborted, so that no caller waits longer
 * than it wants to.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return promise
  let stop = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * The result of `work`, which gets a signal that aborts after `ms` milliseconds, or with `outer`. Throws the reason then, even
 * if `work` goes on. Nothing is left behind: the timer of `AbortSignal.timeout` would go off long after the work, and cost more
 * than a write to Redis.
 */
export function withinTime<T>(
  ms: number,
  outer: AbortSignal | null | undefined,
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const controller = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const stop = (reason: Error): void => {
      end()
      controller.abort(reason)
      reject(reason)
    }
    const stopWithOuter = (): void => stop(outer?.reason as Error)
    const timer = setTimeout(() => stop(timeoutError()), ms).unref()
    const end = (): void => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', stopWithOuter)
    }
    if (outer?.aborted) stopWithOuter()
    else outer?.addEventListener('abort', stopWithOuter)
    work(controller.signal).then(resolve, reject).finally(end)
  })
}

function timeoutError(): DOMException {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError')
}

/** A signal that aborts after `ms` milliseconds, or with `signal`. For work whose end nobody tells. */
export function timeLimit(ms: number, signal?: AbortSignal | null): AbortSignal {
  const limit = AbortSignal.timeout(ms)
  // `AbortSignal.any` holds its sources weakly, and Node 20 drops a limit that nothing else holds. A listener holds it.
  limit.addEventListener('abort', () => {})
  return signal ? AbortSignal.any([signal, limit]) : limit
}
