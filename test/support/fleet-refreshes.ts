import { StorageError } from '../../src/core/errors/storage.js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '../../src/core/storage/storage.js'
import { token } from './storage-contract.js'
import { eventually } from './redis.js'

/** Users whose tokens are refreshed again and again, at a provider that accepts only the newest refresh token of each. */
export class Refreshes {
  done = 0
  /** Users with a refresh by an old refresh token: they would have to sign in again. */
  readonly lost = new Set<string>()
  readonly strangeErrors: unknown[] = []
  readonly #newest = new Map<string, number>()
  readonly #work: Promise<unknown>
  #stopped = false

  /** Refreshes one after another for each user, in the processes with these storages. */
  constructor(processes: ((userId: string) => Storage)[], users: number) {
    const names = Array.from({ length: users }, (_, index) => `refreshed-${index}`)
    this.#work = Promise.all(names.flatMap((user) => processes.map((storageFor) => this.#refresh(storageFor, user))))
  }

  async #refresh(storageFor: (userId: string) => Storage, user: string): Promise<void> {
    while (!this.#stopped) {
      try {
        await storageFor(user).update(async (latest) => {
          const held = Number(latest?.accessToken ?? 0)
          await sleep(10)
          if ((this.#newest.get(user) ?? 0) !== held) this.lost.add(user)
          this.#newest.set(user, held + 1)
          await sleep(5)
          return token(String(held + 1))
        })
        this.done++
      } catch (error) {
        if (!(error instanceof StorageError)) this.strangeErrors.push(error)
      }
      await sleep(20)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#work
  }

  /** Waits until the newest token of every user is stored. */
  async allStored(storageFor: (userId: string) => Storage): Promise<void> {
    for (const [user, newest] of this.#newest) {
      await eventually(async () => Number((await storageFor(user).get())?.accessToken) === newest, 15_000)
    }
  }
}
