import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a closing app waits for work that still runs. */
const CLOSE_LIMIT_MS = 10_000

/** Work that runs behind requests. A closing app waits for it, for a limited time. It does not keep a process alive. */
export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
    // Each pause listens. While Google is down there are many, and by default Node warns of a leak.
    setMaxListeners(0, this.#closing.signal)
  }

  run(work: Promise<void>): void {
    const watched = work.catch(this.#onError).finally(() => this.#running.delete(watched))
    this.#running.add(watched)
  }

  /** Waits `ms`, or until the app closes: then the work goes on at once, while it is still awaited. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {})
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const done = new AbortController()
    const limit = sleep(CLOSE_LIMIT_MS, undefined, { signal: done.signal, ref: false }).catch(() => {})
    await Promise.race([Promise.allSettled(this.#running), limit])
    done.abort()
  }
}
