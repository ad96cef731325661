import type { UpdateOptions } from '../storage/storage.js'
import type { Token } from '../token/token.js'
import { Turn } from './single-flight.js'

/** The turns of many slots, each kept only while somebody takes it or waits for it. */
export class Turns {
  readonly #turns = new Map<string, { turn: Turn; users: number }>()

  get size(): number {
    return this.#turns.size
  }

  /** As `Turn.take`, for the slot of this name. */
  async take(
    name: string,
    work: () => Promise<Token | null>,
    options: UpdateOptions = {}
  ): Promise<Token | null | undefined> {
    let entry = this.#turns.get(name)
    if (entry === undefined) {
      entry = { turn: new Turn(), users: 0 }
      this.#turns.set(name, entry)
    }
    entry.users++
    try {
      return await entry.turn.take(work, options)
    } finally {
      if (--entry.users === 0) this.#turns.delete(name)
    }
  }
}
