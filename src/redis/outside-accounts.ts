import { found } from '../core/storage/found.js'
import type { Change, GrantRef, Storage, StorageFor } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import type { HeldGrant } from '../grants/grants.js'
import { type Accounts, type AccountsOptions, defaultFirst, ownConnectedAt } from './accounts.js'
import { runScript } from './commands.js'
import { escaped, unescaped } from './keys.js'
import { ENTER_ACCOUNT, INDEX, LEAVE_ACCOUNT } from './scripts/accounts.js'
import type { Script } from './scripts/script.js'
import { within } from './time-limit.js'
import { withNotice } from './write-notice.js'

/**
 * Accounts whose records are in a storage of the app. An account enters the index before and after its record is written, so
 * that a record without an entry is left by no crash. An entry without a record does not count.
 */
export class OutsideAccounts implements Accounts {
  readonly #options: AccountsOptions
  readonly #records: StorageFor

  constructor(options: AccountsOptions, records: StorageFor) {
    this.#options = options
    this.#records = records
  }

  storageFor(grant: GrantRef): Storage {
    const { owner, account } = grant
    const [index, name] = [this.#indexOf(owner), escaped(account)]
    const storage = this.#records(owner, account)
    if (this.#options.isOwn(grant)) return storage
    return withNotice(storage, {
      comes: () => this.#run(ENTER_ACCOUNT, index, [name]),
      gone: () => this.#run(LEAVE_ACCOUNT, index, [name])
    })
  }

  async storeOwn(grant: GrantRef, change: Change): Promise<{ stored: Token | null }> {
    return { stored: await this.storageFor(grant).update(change) }
  }

  async list(owner: string): Promise<HeldGrant[]> {
    const hasOwn = this.#options.isOwn({ owner, account: owner })
    const [chosen, ...listed] = (await this.#run(INDEX, this.#indexOf(owner), [])) as Buffer[]
    const entries = Array.from({ length: listed.length / 2 }, (_, at) => ({
      account: unescaped(String(listed[2 * at])),
      connectedAt: Number(listed[2 * at + 1])
    }))
    const others = entries.filter(({ account }) => !this.#options.isOwn({ owner, account }))
    const all = hasOwn ? [{ account: owner, connectedAt: null }, ...others] : others
    const held = await Promise.all(all.map((entry) => this.#held(owner, entry)))
    const present = held.filter((grant) => grant !== null)
    return hasOwn ? present : defaultFirst(present, unescaped(String(chosen)))
  }

  async defaultAccount(owner: string): Promise<string | null> {
    escaped(owner) // throws for what cannot be a name
    return this.#options.isOwn({ owner, account: owner }) ? owner : ((await this.list(owner))[0]?.account ?? null)
  }

  async makeDefault({ owner, account }: GrantRef): Promise<boolean> {
    const { redis, keys } = this.#options
    const [key, name] = [keys.accounts(owner).default, escaped(account)]
    if ((await found(this.#records(owner, account))) === null) return false
    await within(redis.set(key, name))
    return true
  }

  async *pages(): AsyncIterable<GrantRef[]> {
    throw new TypeError('grants() needs the records in Redis. Remove the option storage to use it.')
  }

  async #held(owner: string, entry: { account: string; connectedAt: number | null }): Promise<HeldGrant | null> {
    const token = await found(this.#records(owner, entry.account))
    return token === null
      ? null
      : { account: entry.account, connectedAt: entry.connectedAt ?? ownConnectedAt(token), token }
  }

  #indexOf(owner: string): string[] {
    const { index, default: chosen } = this.#options.keys.accounts(owner)
    return [index, chosen]
  }

  #run(script: Script, keys: string[], args: string[]): Promise<unknown> {
    return within(runScript(this.#options.redis, script, keys, args))
  }
}
