import { setTimeout as sleep } from 'node:timers/promises'

/** How long the app waits at its end for what still runs. */
const PATIENCE_MS = 10_000

/** Work that runs behind requests: awaited when the app closes, for a bounded time, and no reason to keep a process alive. */
export class BackgroundTasks {
  readonly #running = new Set<Promise<void>>()
  readonly #closing = new AbortController()
  readonly #failed: (error: unknown) => void

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  run(work: Promise<void>): void {
    const watched = work.catch(this.#failed).finally(() => this.#running.delete(watched))
    this.#running.add(watched)
  }

  /** Waits, but not into the end of the app: then what comes after the pause is done at once. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {})
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const patience = new AbortController()
    const enough = sleep(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).catch(() => {})
    await Promise.race([Promise.allSettled(this.#running), enough])
    patience.abort()
  }
}
