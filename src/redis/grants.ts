import type { Change, GrantRef, StorageFor } from '../core/storage/storage.js'
import type { GrantEnds, Grants, HeldGrant, StoredGrant } from '../grants/grants.js'
import { type Accounts, type AccountsOptions, RedisAccounts } from './accounts.js'
import { readByCache } from './reads/cached-storage.js'
import { RedisEnds } from './grant-ends.js'
import { OutsideAccounts } from './outside-accounts.js'
import { withNotice } from './write-notice.js'

export interface RedisGrantsOptions extends AccountsOptions {
  /** The slots of the records. Default: in Redis. The index of accounts and the ends are in Redis in any case. */
  storageFor?: StorageFor
}

/** Grants in Redis, shared by any number of processes. Own grants cost no command for an index. */
export function redisGrants(options: RedisGrantsOptions): Grants {
  return new RedisGrants(options)
}

class RedisGrants implements Grants {
  readonly #ends: RedisEnds
  readonly #accounts: Accounts
  readonly #options: RedisGrantsOptions

  constructor(options: RedisGrantsOptions) {
    const { storageFor } = options
    this.#options = options
    this.#ends = new RedisEnds(options)
    this.#accounts = storageFor === undefined ? new RedisAccounts(options) : new OutsideAccounts(options, storageFor)
  }

  get ends(): GrantEnds {
    return this.#ends
  }

  readonly storageFor: StorageFor = (owner, account) => {
    const grant = { owner, account }
    const storage = this.#accounts.storageFor(grant)
    if (this.#options.isOwn(grant)) return storage
    return withNotice(storage, { comes: () => this.#ends.hold(grant) })
  }

  readonly callStorageFor: StorageFor = (owner, account) => {
    const { cache, keys, storageFor: outside } = this.#options
    const storage = this.storageFor(owner, account)
    if (cache === undefined || outside !== undefined) return storage
    return readByCache(storage, keys.grant({ owner, account }).record, cache)
  }

  /**
   * The record and what is known of the account are in different slots of a Cluster. `RedisEnds` says why holding the account
   * before and after the write is enough. Those of an own grant are in one slot, so its write itself tells.
   */
  async store(grant: GrantRef, change: Change): Promise<StoredGrant> {
    if (this.#options.isOwn(grant)) {
      const { stored, revokingMs } = await this.#accounts.storeOwn(grant, change)
      return { stored, revokingMs: revokingMs === undefined ? await this.#ends.revokingMs(grant.account) : revokingMs }
    }
    const before = await this.#ends.hold(grant)
    const stored = await this.#accounts.storageFor(grant).update(change)
    const after = await this.#ends.hold(grant)
    return { stored, revokingMs: after ?? before }
  }

  async list(owner: string): Promise<HeldGrant[]> {
    return this.#accounts.list(owner)
  }

  async defaultAccount(owner: string): Promise<string | null> {
    return this.#accounts.defaultAccount(owner)
  }

  async makeDefault(owner: string, account: string): Promise<boolean> {
    return this.#accounts.makeDefault({ owner, account })
  }

  pages(signal?: AbortSignal): AsyncIterable<GrantRef[]> {
    return this.#accounts.pages(signal)
  }
}
