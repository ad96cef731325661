import { StorageError } from '../../src/core/errors/storage.js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '../../src/core/storage/storage.js'
import { token } from './storage-contract.js'
import { eventually } from './redis.js'

/** Users who sign in again and again. They remember the sign-ins that the storage confirmed. */
export class SignIns {
  confirmed = 0
  refused = 0
  /** The time of the slowest answer in milliseconds. */
  slowest = 0
  readonly strangeErrors: unknown[] = []
  readonly #lastConfirmed = new Map<string, number>()
  readonly #work: Promise<unknown>
  #stopped = false

  constructor(storageFor: (userId: string) => Storage, users: number) {
    const names = Array.from({ length: users }, (_, index) => `signing-in-${index}`)
    this.#work = Promise.all(names.map((user) => this.#signInAgainAndAgain(storageFor, user)))
  }

  async #signInAgainAndAgain(storageFor: (userId: string) => Storage, user: string): Promise<void> {
    for (let count = 1; !this.#stopped; count++) {
      const at = performance.now()
      try {
        await storageFor(user).put(token(String(count)))
        this.#lastConfirmed.set(user, count)
        this.confirmed++
      } catch (error) {
        this.refused++
        if (!(error instanceof StorageError)) this.strangeErrors.push(error)
      }
      this.slowest = Math.max(this.slowest, performance.now() - at)
      await sleep(5)
    }
  }

  /** Waits until every user has signed in once more. */
  async allWorkAgain(): Promise<void> {
    const before = new Map(this.#lastConfirmed)
    const worksAgain = ([user, last]: [string, number]): boolean => last > (before.get(user) ?? 0)
    await eventually(() => [...this.#lastConfirmed].every(worksAgain), 15_000)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#work
  }

  /** The users whose confirmed sign-in is lost: the stored one is older. */
  async lost(storageFor: (userId: string) => Storage): Promise<string[]> {
    const lost: string[] = []
    for (const [user, last] of this.#lastConfirmed) {
      const stored = Number((await storageFor(user).get())?.accessToken ?? 0)
      if (stored < last) lost.push(`${user}: confirmed ${last}, stored ${stored}`)
    }
    return lost
  }
}
