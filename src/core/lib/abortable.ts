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

/** A signal that aborts after `ms` milliseconds, or with `signal`. */
export function timeLimit(ms: number, signal?: AbortSignal | null): AbortSignal {
  const limit = AbortSignal.timeout(ms)
  // `AbortSignal.any` holds its sources weakly, and Node 20 drops a limit that nothing else holds. A listener holds it.
  limit.addEventListener('abort', () => {})
  return signal ? AbortSignal.any([signal, limit]) : limit
}
