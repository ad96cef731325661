import { type RedisClient, replyCode, runReplicatedScript, runScript } from './commands.js'
import { ACQUIRE, GENERATION_LENGTH, RELEASE, WRITE, WRONG_TYPE } from './scripts.js'
import { within } from './time-limit.js'

/** What stands in a slot: a generation, '' where nothing is stored, and what was sealed. */
export interface Stored {
  generation: string
  sealed: Buffer | null
}

/** What a slot held at a moment, by the clock of Redis; and whether the lease is ours since. */
export interface Snapshot {
  acquired: boolean
  stored: Stored
  /** Milliseconds since the epoch, by Redis. */
  at: number
}

/** The lease is ours, and this generation is there. */
export interface Condition {
  lease: string
  generation: string
}

export interface Write {
  /** What must hold for the write to happen; without it, whatever is there is replaced. */
  condition?: Condition
  /** By the clock of Redis: the write does not happen later than this. */
  notAfter: number
  /** `null` deletes. */
  next: { generation: string; sealed: Buffer } | null
  /** `false` where nobody waits for the answer, so that no replica need confirm it. */
  confirm?: boolean
}

/**
 * The steps that the rules of a storage are made of, each of them atomic and each within the limit of a command. All
 * throw a `StorageError`, after which a step may or may not have happened (but not later than its `notAfter`).
 */
export interface CredentialSlot {
  read(): Promise<Stored>
  snapshot(): Promise<Snapshot>
  /** `snapshot`, and takes the lease if it is free. */
  acquire(lease: string, lifeMs: number): Promise<Snapshot>
  /** Gives the lease back in any case. Returns `null` when it was written, else what is stored instead. */
  write(write: Write): Promise<Stored | null>
  release(lease: string): Promise<void>
}

export interface SlotKeys {
  lease: string
  record: string
}

/** How long credentials are kept after they were last written: Google drops refresh tokens unused for six months. */
export const TTL_MS = 180 * 24 * 60 * 60 * 1000

const NOTHING: Stored = { generation: '', sealed: null }

/** A slot in Redis: two keys, and scripts that touch no others. */
export class RedisSlot implements CredentialSlot {
  readonly #redis: RedisClient
  readonly #writer: RedisClient
  readonly #replicas: number
  readonly #keys: SlotKeys

  constructor(redis: RedisClient, keys: SlotKeys, writer: RedisClient, replicas: number) {
    this.#redis = redis
    this.#keys = keys
    this.#writer = writer
    this.#replicas = replicas
  }

  async read(): Promise<Stored> {
    return asStored(await within(this.#get()))
  }

  async #get(): Promise<Buffer | null> {
    try {
      return await this.#redis.getBuffer(this.#keys.record)
    } catch (error) {
      if (replyCode(error) === 'WRONGTYPE') return Buffer.from(WRONG_TYPE)
      throw error
    }
  }

  snapshot(): Promise<Snapshot> {
    return this.#acquire('', 0)
  }

  acquire(lease: string, lifeMs: number): Promise<Snapshot> {
    return this.#acquire(lease, lifeMs)
  }

  async #acquire(lease: string, lifeMs: number): Promise<Snapshot> {
    const { lease: leaseKey, record: recordKey } = this.#keys
    // An answer that nobody waits for any more must not leave a lease behind that nobody holds.
    const giveBack = (): void => {
      if (lease !== '') this.release(lease).catch(() => undefined)
    }
    const answer = await within(runScript(this.#redis, ACQUIRE, [leaseKey, recordKey], [lease, lifeMs]), giveBack)
    const [acquired, record, at] = answer as [unknown, Buffer | null, unknown]
    return { acquired: isOne(acquired), stored: asStored(record), at: Number(at) }
  }

  async write({ condition, notAfter, next, confirm = true }: Write): Promise<Stored | null> {
    const replicas = confirm ? this.#replicas : 0
    const keys = [this.#keys.lease, this.#keys.record]
    const value = next === null ? '' : Buffer.concat([Buffer.from(next.generation), next.sealed])
    const { lease = '', generation = '' } = condition ?? {}
    const args = [lease, generation, Math.floor(notAfter), value, TTL_MS, replicas > 0 ? 1 : 0]
    const answer = await within(
      replicas > 0
        ? runReplicatedScript(this.#writer, WRITE, keys, args, replicas)
        : runScript(this.#redis, WRITE, keys, args)
    )
    const [written, record] = answer as [unknown, (Buffer | null)?]
    return isOne(written) ? null : asStored(record ?? null)
  }

  async release(lease: string): Promise<void> {
    await within(runScript(this.#redis, RELEASE, [this.#keys.lease], [lease]))
  }
}

/** A client with the option `stringNumbers` gives numbers as text. */
function isOne(answer: unknown): boolean {
  return Number(answer) === 1
}

function asStored(record: Buffer | null): Stored {
  if (record === null) return NOTHING
  return {
    generation: record.toString('latin1', 0, GENERATION_LENGTH),
    sealed: record.subarray(GENERATION_LENGTH)
  }
}
