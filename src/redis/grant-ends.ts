import { randomUUID } from 'node:crypto'
import type { GrantRef } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import { type GrantEnds, type Holder, MOST_UNFINISHED, REVOCATION_MEMORY_MS } from '../grants/grants.js'
import { runScript, runWrite } from './commands.js'
import type { Script } from './scripts/script.js'
import {
  ADD_ENDING,
  BEGIN_REVOKING,
  END_REVOKING,
  HOLD,
  HOLDERS,
  LET_GO,
  REVOKING_MS,
  SET_NOTE,
  UNFINISHED
} from './scripts/ends.js'
import type { TokenSeal } from './leased-storage.js'
import { grantName, grantNamed } from '../core/storage/grant-names.js'
import { asMs } from './slot.js'
import { type RedisStorageOptions, tokenSeal } from './storage.js'
import { within } from './time-limit.js'

/** How long an end that nobody finishes is remembered. */
export const NOTE_TTL_MS = 30 * 24 * 60 * 60 * 1000
/** A part of what a note is sealed for, so that a note does not open as a record. */
const NOTE = 'ending'

/**
 * The ends of grants, in Redis. What belongs to an account is in another slot of a Cluster than what belongs to an owner, so
 * no script can compare both. Therefore a store holds the account before and after it writes the record, and an end begins to
 * revoke before it reads holders and records. Whichever comes second sees the other.
 */
export class RedisEnds implements GrantEnds {
  readonly #options: RedisStorageOptions

  constructor(options: RedisStorageOptions) {
    this.#options = options
  }

  /** Adds the owner to the holders of the account, under a new version. Returns what `revokingMs` does. */
  async hold({ owner, account }: GrantRef): Promise<number | null> {
    const { holders, revoking } = this.#options.keys.account(account)
    return asMs(await this.#write(HOLD, [holders, revoking], [owner, randomUUID()]))
  }

  async note(grant: GrantRef, token: Token): Promise<void> {
    const { keys } = this.#options
    await this.#write(ADD_ENDING, [keys.endings], [grantName(grant), NOTE_TTL_MS])
    await this.#write(SET_NOTE, [keys.ending(grant)], [this.#seal(grant).seal(token), NOTE_TTL_MS])
  }

  async noted(grant: GrantRef): Promise<Token | 'unreadable' | null> {
    const { redis, keys } = this.#options
    const sealed = await within(redis.getBuffer(keys.ending(grant)))
    return sealed === null ? null : (this.#seal(grant).open(sealed) ?? 'unreadable')
  }

  async forget(grant: GrantRef): Promise<void> {
    const { redis, keys } = this.#options
    await within(redis.del(keys.ending(grant)))
    await within(redis.zrem(keys.endings, grantName(grant)))
  }

  async unfinished(olderThanMs: number): Promise<GrantRef[]> {
    const args = [Math.floor(olderThanMs), NOTE_TTL_MS, MOST_UNFINISHED]
    const names = (await this.#run(UNFINISHED, [this.#options.keys.endings], args)) as Buffer[]
    return names.map(grantNamed)
  }

  async holders(account: string): Promise<Holder[]> {
    const answer = await this.#run(HOLDERS, [this.#options.keys.account(account).holders], [])
    const [now, ...listed] = answer as unknown[]
    return Array.from({ length: listed.length / 2 }, (_, at) => {
      const [owner, version] = listed.slice(2 * at, 2 * at + 2).map(String) as [string, string]
      return { owner, version, ageMs: Number(now) - parseInt(version) }
    })
  }

  async letGo(account: string, { owner, version }: Pick<Holder, 'owner' | 'version'>): Promise<void> {
    await this.#run(LET_GO, [this.#options.keys.account(account).holders], [owner, version])
  }

  async begin(account: string, forMs: number): Promise<string> {
    const name = randomUUID()
    const args = [name, Math.ceil(forMs), REVOCATION_MEMORY_MS]
    await this.#write(BEGIN_REVOKING, [this.#options.keys.account(account).revoking], args)
    return name
  }

  async done(account: string, name: string): Promise<void> {
    await this.#run(END_REVOKING, [this.#options.keys.account(account).revoking], [name])
  }

  async revokingMs(account: string): Promise<number | null> {
    return asMs(await this.#run(REVOKING_MS, [this.#options.keys.account(account).revoking], []))
  }

  #run(script: Script, keys: string[], args: (string | number)[]): Promise<unknown> {
    return within(runScript(this.#options.redis, script, keys, args))
  }

  /** As `#run`, for what must not be lost with a master: replicas confirm it as they confirm a record. */
  #write(script: Script, keys: string[], args: (string | number | Buffer)[]): Promise<unknown> {
    const { redis, writer = redis, minReplicas = 0 } = this.#options
    return within(runWrite({ redis, writer }, script, keys, args, minReplicas))
  }

  #seal(grant: GrantRef): TokenSeal {
    const { sealer, client } = this.#options
    return tokenSeal(sealer, [...client, NOTE], grant)
  }
}
