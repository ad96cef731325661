import type { Change, Storage, StorageFor, UpdateOptions } from '../core/storage.js'
import type { Token } from '../core/token.js'
import { Turn } from '../core/turn.js'

/** One slot in the memory of this process. */
export class MemoryStorage implements Storage {
  readonly #turn = new Turn()
  /** A new object for every write, so that a record that was deleted and made again is never taken for the old one. */
  #held: Readonly<{ token: Token | null }>

  constructor(token: Token | null = null) {
    this.#held = { token }
  }

  async get(): Promise<Token | null> {
    return this.#held.token
  }

  async put(token: Token): Promise<void> {
    this.#held = { token }
  }

  async delete(): Promise<void> {
    this.#held = { token: null }
  }

  async update(change: Change, options: UpdateOptions = {}): Promise<Token | null> {
    const outcome = await this.#turn.take(() => this.#apply(change), options)
    return outcome === undefined ? this.#held.token : outcome
  }

  async #apply(change: Change): Promise<Token | null> {
    const before = this.#held
    const next = await change(before.token)
    if (this.#held === before && next !== before.token) this.#held = { token: next }
    return this.#held.token
  }
}

/** A slot for every user in the memory of this process: for development and tests, and gone with the process. */
export function memoryStorage(): StorageFor {
  const slots = new Map<string, MemoryStorage>()
  return (userId) => {
    let slot = slots.get(userId)
    if (slot === undefined) {
      slot = new MemoryStorage()
      slots.set(userId, slot)
    }
    return slot
  }
}
