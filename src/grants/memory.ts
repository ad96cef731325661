import { grantName } from '../core/storage/grant-names.js'
import { randomUUID } from 'node:crypto'
import { found } from '../core/storage/found.js'
import { memoryStorage } from '../core/storage/memory.js'
import type { Change, GrantRef, Storage, StorageFor } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import {
  type GrantEnds,
  type Grants,
  type HeldGrant,
  type Holder,
  MOST_UNFINISHED,
  REVOCATION_MEMORY_MS,
  type StoredGrant
} from './grants.js'

export interface MemoryGrantsOptions {
  /** The slots of the records. Default: in memory. */
  storageFor?: StorageFor
  /** Whether this is the account of the owner as a user who signs in. Default: never. */
  isOwn?: (grant: GrantRef) => boolean
  now?: () => number
}

/** Grants in the memory of this process. They end with it, and other processes do not see them. */
export function memoryGrants(options: MemoryGrantsOptions = {}): Grants {
  return new MemoryGrants(options)
}

const NOT_LISTED = 'grants() needs the records in memory or in Redis. Remove the option storage to use it.'

class MemoryGrants implements Grants {
  readonly ends: MemoryEnds
  readonly #records: StorageFor
  /** Whether all records are of this process, so that it can list them. */
  readonly #hasAll: boolean
  readonly #isOwn: (grant: GrantRef) => boolean
  readonly #now: () => number
  /** When each account of an owner was connected, in the order of connecting. */
  readonly #accounts = new Map<string, Map<string, number>>()
  readonly #defaults = new Map<string, string>()

  constructor({ storageFor, isOwn = () => false, now = Date.now }: MemoryGrantsOptions) {
    this.#records = storageFor ?? memoryStorage()
    this.#hasAll = storageFor === undefined
    this.#isOwn = isOwn
    this.#now = now
    this.ends = new MemoryEnds(now)
  }

  readonly storageFor: StorageFor = (owner, account) => {
    const record = this.#records(owner, account)
    const grant = { owner, account }
    return indexed(record, (token) => this.#index(grant, token !== null))
  }

  readonly callStorageFor: StorageFor = (owner, account) => this.storageFor(owner, account)

  async store(grant: GrantRef, change: Change): Promise<StoredGrant> {
    const stored = await this.storageFor(grant.owner, grant.account).update(change)
    return { stored, revokingMs: await this.ends.revokingMs(grant.account) }
  }

  async list(owner: string): Promise<HeldGrant[]> {
    const hasOwn = this.#isOwn({ owner, account: owner })
    const accounts = new Set([...(hasOwn ? [owner] : []), ...(this.#accounts.get(owner)?.keys() ?? [])])
    const held = await Promise.all([...accounts].map((account) => this.#held({ owner, account })))
    const present = held.filter((grant) => grant !== null)
    const first = present.find(({ account }) => account === (hasOwn ? owner : this.#defaults.get(owner)))
    return first === undefined ? present : [first, ...present.filter((grant) => grant !== first)]
  }

  async defaultAccount(owner: string): Promise<string | null> {
    return (await this.list(owner))[0]?.account ?? null
  }

  async makeDefault(owner: string, account: string): Promise<boolean> {
    const isConnected = (await this.list(owner)).some((grant) => grant.account === account)
    if (isConnected) this.#defaults.set(owner, account)
    return isConnected
  }

  async *pages(signal?: AbortSignal): AsyncIterable<GrantRef[]> {
    if (!this.#hasAll) throw new TypeError(NOT_LISTED)
    for (const owner of [...this.#accounts.keys()]) {
      if (signal?.aborted) return
      yield (await this.list(owner)).map(({ account }) => ({ owner, account }))
    }
  }

  async #held(grant: GrantRef): Promise<HeldGrant | null> {
    const { owner, account } = grant
    const token = await found(this.#records(owner, account))
    if (token === null) return null
    const ofRecord = token === 'unreadable' ? undefined : token.connectedAt
    const connectedAt = this.#accounts.get(owner)?.get(account) ?? 0
    return { account, connectedAt: this.#isOwn(grant) ? (ofRecord ?? connectedAt) : connectedAt, token }
  }

  #index({ owner, account }: GrantRef, isStored: boolean): void {
    const accounts = this.#accounts.get(owner) ?? new Map<string, number>()
    if (isStored) {
      this.#accounts.set(owner, accounts)
      if (!accounts.has(account)) accounts.set(account, this.#now())
      this.ends.hold(account, owner)
      return
    }
    accounts.delete(account)
    if (accounts.size === 0) this.#accounts.delete(owner)
    if (this.#defaults.get(owner) === account) this.#defaults.delete(owner)
  }
}

/** `storage`, with `index` told of what is stored after each write. */
function indexed(storage: Storage, index: (stored: Token | null) => void): Storage {
  return {
    get: () => storage.get(),
    put: async (token) => {
      await storage.put(token)
      index(token)
    },
    delete: async () => {
      await storage.delete()
      index(null)
    },
    update: async (change, options) => {
      const stored = await storage.update(change, options)
      index(stored)
      return stored
    }
  }
}

class MemoryEnds implements GrantEnds {
  readonly #now: () => number
  readonly #notes = new Map<string, { grant: GrantRef; token: Token; at: number }>()
  readonly #holders = new Map<string, Map<string, { version: string; at: number }>>()
  readonly #revoking = new Map<string, { endsAt: number; names: Map<string, number> }>()

  constructor(now: () => number) {
    this.#now = now
  }

  hold(account: string, owner: string): void {
    const holders = this.#holders.get(account) ?? new Map<string, { version: string; at: number }>()
    this.#holders.set(account, holders.set(owner, { version: randomUUID(), at: this.#now() }))
  }

  async note(grant: GrantRef, token: Token): Promise<void> {
    this.#notes.set(grantName(grant), { grant, token, at: this.#now() })
  }

  async noted(grant: GrantRef): Promise<Token | null> {
    return this.#notes.get(grantName(grant))?.token ?? null
  }

  async forget(grant: GrantRef): Promise<void> {
    this.#notes.delete(grantName(grant))
  }

  async unfinished(olderThanMs: number): Promise<GrantRef[]> {
    const before = this.#now() - olderThanMs
    const old = [...this.#notes.values()].filter(({ at }) => at <= before)
    return old.slice(0, MOST_UNFINISHED).map(({ grant }) => grant)
  }

  async holders(account: string): Promise<Holder[]> {
    const holders = [...(this.#holders.get(account) ?? [])]
    return holders.map(([owner, { version, at }]) => ({ owner, version, ageMs: this.#now() - at }))
  }

  async letGo(account: string, { owner, version }: Pick<Holder, 'owner' | 'version'>): Promise<void> {
    const holders = this.#holders.get(account)
    if (holders?.get(owner)?.version === version) holders.delete(owner)
    if (holders?.size === 0) this.#holders.delete(account)
  }

  async begin(account: string, forMs: number): Promise<string> {
    const name = randomUUID()
    const known = this.#revoking.get(account)?.names ?? new Map<string, number>()
    const [now, names] = [this.#now(), known.set(name, this.#now() + forMs)]
    for (const [other, { endsAt }] of this.#revoking) if (endsAt <= now) this.#revoking.delete(other)
    this.#revoking.set(account, { endsAt: now + forMs + REVOCATION_MEMORY_MS, names })
    return name
  }

  async done(account: string, name: string): Promise<void> {
    this.#revoking.get(account)?.names.set(name, 0)
  }

  async revokingMs(account: string): Promise<number | null> {
    const known = this.#revoking.get(account)
    if (known === undefined || known.endsAt <= this.#now()) return null
    return Math.max(0, ...[...known.names.values()].map((until) => until - this.#now()))
  }
}
