import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import type { Storage, StorageFor } from '../../core/storage/storage.js'
import { Token } from '../../core/token/token.js'

/** A promise of a storage, and what finds out whether it is kept. */
export interface StoragePromise {
  name: string
  check: (makeStorage: StorageFor) => Promise<void>
}

/** Two storages for one new slot. */
export interface Slot {
  one: Storage
  other: Storage
}

/** How long a call may take that has nothing to wait for. Only a storage that fails is waited for so long. */
const LIMIT_MS = 3_000

/** A promise about one slot. The slot is emptied in the end. */
export function aboutSlot(name: string, check: (slot: Slot) => Promise<void>): StoragePromise {
  return {
    name,
    async check(makeStorage) {
      const [owner, account] = [randomName(), randomName()]
      const slot = { one: makeStorage(owner, account), other: makeStorage(owner, account) }
      try {
        await check(slot)
      } finally {
        await slot.one.delete()
      }
    }
  }
}

export function randomName(): string {
  return randomBytes(9).toString('hex')
}

/** A token that is told from others by its access token. */
export function token(accessToken: string): Token {
  return Token.from({ accessToken, refreshToken: `refresh-${accessToken}`, scopes: ['openid'] })
}

/** Asserts what the slot holds: a token with this access token, or nothing. */
export async function assertHolds(storage: Storage, accessToken: string | null, message: string): Promise<void> {
  assert.equal((await storage.get())?.accessToken ?? null, accessToken, message)
}

/** A change under way. */
export interface UnderWay {
  /** Lets the change give `result`. Resolves to what `update` returned. */
  finish: (result: Token | null) => Promise<Token | null>
}

/** Begins an update, and returns when its change runs. */
export async function underWay(storage: Storage): Promise<UnderWay> {
  let give: (result: Token | null) => void
  const given = new Promise<Token | null>((resolve) => (give = resolve))
  let running = Promise.resolve<Token | null>(null)
  await new Promise<void>((resolve, reject) => {
    running = storage.update(() => {
      resolve()
      return given
    })
    running.then(() => reject(new assert.AssertionError({ message: 'update() did not run the change' })), reject)
  })
  return {
    finish(result) {
      give(result)
      return running
    }
  }
}

/** The result of `work`. Rejects when it does not come, and then runs `release`, which ends what is waited for. */
export async function inTime<T>(work: Promise<T>, message: string, release: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new assert.AssertionError({ message }))
      release()
    }, LIMIT_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
