import type { Change, GrantRef, Storage } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import { type HeldGrant, RECORD_LIFE_MS } from '../grants/grants.js'
import { type RunScript, runScript } from './commands.js'
import { NO_CACHE } from './reads/cache.js'
import { dropsFromCache } from './reads/cached-storage.js'
import { recordPages } from './record-pages.js'
import { escaped, unescaped } from './keys.js'
import { DEFAULT_ACCOUNT, LIST_GRANTS, MAKE_DEFAULT } from './scripts/accounts.js'
import { asStored } from './slot.js'
import { redisRecords, type RedisRecords, type RedisStorageOptions, tokenSeal } from './storage.js'
import { within } from './time-limit.js'

/** The records of grants, and the index of each owner's accounts. Own accounts are in no index. */
export interface Accounts {
  storageFor(grant: GrantRef): Storage
  /** Stores a new own grant. `revokingMs`: `undefined` where the write did not tell. */
  storeOwn(grant: GrantRef, change: Change): Promise<{ stored: Token | null; revokingMs?: number | null }>
  list(owner: string): Promise<HeldGrant[]>
  defaultAccount(owner: string): Promise<string | null>
  makeDefault(grant: GrantRef): Promise<boolean>
  pages(signal?: AbortSignal): AsyncIterable<GrantRef[]>
}

export interface AccountsOptions extends RedisStorageOptions {
  /** Whether this is the account of the owner as a user who signs in. It is then the default one. */
  isOwn: (grant: GrantRef) => boolean
}

/** Accounts whose records are in the same Redis, so that each step keeps both. */
export class RedisAccounts implements Accounts {
  readonly #options: AccountsOptions
  readonly #records: RedisRecords
  readonly #run: RunScript = (script, keys, args) => within(runScript(this.#options.redis, script, keys, args))

  constructor(options: AccountsOptions) {
    this.#options = options
    this.#records = redisRecords(options)
  }

  storageFor(grant: GrantRef): Storage {
    const { keys, isOwn, cache } = this.#options
    if (isOwn(grant)) return this.#records(grant)
    const { index, default: chosen } = keys.accounts(grant.owner)
    const storage = this.#records(grant, { index, default: chosen, account: escaped(grant.account) })
    return cache === undefined ? storage : dropsFromCache(storage, chosen, cache)
  }

  async storeOwn(grant: GrantRef, change: Change): Promise<{ stored: Token | null; revokingMs?: number | null }> {
    const told: { revokingMs?: number | null } = {}
    const { revoking } = this.#options.keys.account(grant.account)
    const onWritten = (revokingMs: number | null): void => void (told.revokingMs = revokingMs)
    const stored = await this.#records(grant, { revoking, onWritten }).update(change)
    return { stored, ...told }
  }

  async list(owner: string): Promise<HeldGrant[]> {
    const own = this.#options.isOwn({ owner, account: owner })
    const answer = await this.#run(LIST_GRANTS, this.#keysOf(owner), [own ? escaped(owner) : ''])
    const [chosen, ...listed] = answer as Buffer[]
    const grants = Array.from({ length: listed.length / 3 }, (_, at) => {
      const [account, score, record] = listed.slice(3 * at, 3 * at + 3)
      return this.#held({ owner, account: unescaped(String(account)) }, Number(score), record)
    })
    return own ? grants : defaultFirst(grants, unescaped(String(chosen)))
  }

  async defaultAccount(owner: string): Promise<string | null> {
    const { isOwn, cache = NO_CACHE, readByScript = this.#run } = this.#options
    const [index, chosen, records] = this.#keysOf(owner)
    if (isOwn({ owner, account: owner })) return owner
    return cache.get(chosen, async () => {
      const account = (await readByScript(DEFAULT_ACCOUNT, [chosen, index, records], [])) as Buffer | null
      return account === null ? null : unescaped(account.toString())
    })
  }

  async makeDefault(grant: GrantRef): Promise<boolean> {
    const { keys, cache = NO_CACHE } = this.#options
    const { default: chosen } = keys.accounts(grant.owner)
    const names = [chosen, keys.grant(grant).record]
    const made = Number(await this.#run(MAKE_DEFAULT, names, [escaped(grant.account), RECORD_LIFE_MS])) === 1
    cache.drop(chosen)
    return made
  }

  pages(signal?: AbortSignal): AsyncIterable<GrantRef[]> {
    return recordPages(this.#options, signal)
  }

  #held(grant: GrantRef, score: number, record: Buffer | undefined): HeldGrant {
    const { sealer, client, isOwn } = this.#options
    const { sealed } = asStored(record ?? null)
    const token = (sealed && tokenSeal(sealer, client, grant).open(sealed)) ?? 'unreadable'
    const { account } = grant
    return { account, connectedAt: isOwn(grant) ? ownConnectedAt(token) : score, token }
  }

  #keysOf(owner: string): [index: string, chosen: string, records: string] {
    const { index, default: chosen, records } = this.#options.keys.accounts(owner)
    return [index, chosen, records]
  }
}

/** An own account is in no index that could say when it was connected. */
export function ownConnectedAt(token: Token | 'unreadable'): number {
  return token === 'unreadable' ? 0 : (token.connectedAt ?? 0)
}

/** `grants`, with that of the account `chosen` before the others. */
export function defaultFirst(grants: HeldGrant[], chosen: string): HeldGrant[] {
  const first = grants.find(({ account }) => account === chosen)
  return first === undefined ? grants : [first, ...grants.filter((grant) => grant !== first)]
}
