import type { UpdateOptions } from '../storage/storage.js'
import type { Token } from '../token/token.js'

type Work = () => Promise<Token | null>

/**
 * One at a time for one slot within this process. Whoever comes while the work runs waits for it and shares its
 * outcome: a result that does for him (`until`) is his, and so is a failure, which then is forgotten; a waiter without
 * `until` takes the next turn. With `wait: false`, returns `undefined` at once instead of waiting.
 */
export class Turn {
  #running: Promise<Token | null> | null = null

  get idle(): boolean {
    return this.#running === null
  }

  async take(work: Work, { wait = true, until }: UpdateOptions = {}): Promise<Token | null | undefined> {
    while (this.#running !== null) {
      if (!wait) return undefined
      if (until === undefined) {
        await this.#running.catch(() => null)
      } else {
        const shared = await this.#running
        if (until(shared)) return shared
      }
    }
    const running = work().finally(() => {
      this.#running = null
    })
    this.#running = running
    return running
  }
}
