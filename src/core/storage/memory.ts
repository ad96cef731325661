import type { Change, Storage, StorageFor, UpdateOptions } from './storage.js'
import { grantName } from './grant-names.js'
import type { Token } from '../token/token.js'
import { SingleFlight } from '../lib/single-flight.js'

/** A slot in the memory of this process: it ends with the process, and other processes do not see it. */
export class MemoryStorage implements Storage {
  #token: Token | null
  /** Another one after each write, so that a change sees that something else was written meanwhile. */
  #generation = Symbol()
  readonly #flight = new SingleFlight<Token | null>()

  /** @param token What is stored to begin with; default: nothing. */
  constructor(token: Token | null = null) {
    this.#token = token
  }

  get(): Promise<Token | null> {
    return Promise.resolve(this.#token)
  }

  put(token: Token): Promise<void> {
    this.#write(token)
    return Promise.resolve()
  }

  delete(): Promise<void> {
    this.#write(null)
    return Promise.resolve()
  }

  async update(change: Change, options: UpdateOptions = {}): Promise<Token | null> {
    const outcome = await this.#flight.run(async () => {
      const [current, generation] = [this.#token, this.#generation]
      const next = await change(current)
      if (next !== current && this.#generation === generation) this.#write(next)
      return this.#token
    }, options)
    return outcome === undefined ? this.#token : outcome
  }

  #write(token: Token | null): void {
    this.#token = token
    this.#generation = Symbol()
  }
}

/** Slots in memory, one for each grant, for as long as the process lives. */
export function memoryStorage(): StorageFor {
  const slots = new Map<string, MemoryStorage>()
  return (owner, account) => {
    const name = grantName({ owner, account })
    const slot = slots.get(name) ?? new MemoryStorage()
    slots.set(name, slot)
    return slot
  }
}
