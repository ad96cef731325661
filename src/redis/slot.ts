import type { StorageError } from '../core/errors/storage.js'
import { RECORD_LIFE_MS } from '../grants/grants.js'
import { type RedisClient, type RedisClients, replyCode, runScript, runWrite } from './commands.js'
import type { Reader } from './reads/reader.js'
import { WRONG_TYPE } from './scripts/accounts.js'
import { ACQUIRE, GENERATION_LENGTH, RELEASE, WRITE } from './scripts/slot.js'
import { within } from './time-limit.js'

/** What a slot holds. */
export interface Stored {
  /** Random, another one after each write; '' when nothing is stored. */
  generation: string
  sealed: Buffer | null
}

/** What a slot held at one moment. */
export interface Snapshot {
  /** Whether the caller has the lease since then. */
  acquired: boolean
  stored: Stored
  /** Milliseconds since the epoch, by the clock of Redis. */
  at: number
}

/** What a write under a lease expects: its lease still lasts, and this generation is stored. */
export interface Condition {
  lease: string
  generation: string
}

export interface Write {
  /** Absent: the write replaces what is stored. */
  condition?: Condition
  /** The write never happens after this moment, by the clock of Redis. */
  notAfter: number
  /** `null` deletes. */
  next: { generation: string; sealed: Buffer } | null
  /** `false`: no replica need confirm the write, because no caller waits for it. */
  confirm?: boolean
}

/**
 * The steps of a `LeasedStorage`. Each is atomic and keeps the time limit of a command. All throw a `StorageError`; the step
 * may have happened nevertheless, but a write never happens after its `notAfter`.
 */
export interface CredentialSlot {
  read(): Promise<Stored>
  snapshot(): Promise<Snapshot>
  /** As `snapshot`; also takes the lease if it is free. */
  acquire(lease: string, lifeMs: number): Promise<Snapshot>
  /** Returns `null` when it was written, else what is stored. Releases the lease in both cases. */
  write(write: Write): Promise<Stored | null>
  release(lease: string): Promise<void>
}

export interface SlotKeys {
  lease: string
  record: string
  /** What a write does besides, in the same step. */
  also?: IndexEntry | RevokingRead
}

/** Keeps an account in the index of its owner. */
export interface IndexEntry {
  index: string
  default: string
  account: string
}

/** Reads whether the grants of the account may have been ended at Google: as `StoredGrant.revokingMs`. */
export interface RevokingRead {
  revoking: string
  onWritten: (revokingMs: number | null) => void
}

const NOTHING: Stored = { generation: '', sealed: null }

/** A slot in Redis: its keys, and scripts that use no other. */
export class RedisSlot implements CredentialSlot {
  readonly #redis: RedisClient
  readonly #clients: RedisClients
  readonly #read: Reader
  readonly #replicas: number
  readonly #keys: SlotKeys

  constructor(clients: RedisClients & { read: Reader }, keys: SlotKeys, replicas: number) {
    this.#redis = clients.redis
    this.#clients = clients
    this.#read = clients.read
    this.#keys = keys
    this.#replicas = replicas
  }

  async read(): Promise<Stored> {
    return asStored(await this.#get())
  }

  async #get(): Promise<Buffer | null> {
    try {
      return await this.#read(this.#keys.record)
    } catch (error) {
      if (replyCode((error as StorageError).cause) === 'WRONGTYPE') return Buffer.from(WRONG_TYPE)
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
    // The caller got a `StorageError` already: no one would release this lease.
    const releaseLate = (): void => {
      if (lease !== '') this.release(lease).catch(() => undefined)
    }
    const answer = await within(runScript(this.#redis, ACQUIRE, [leaseKey, recordKey], [lease, lifeMs]), releaseLate)
    const [acquired, record, at] = answer as [unknown, Buffer | null, unknown]
    return { acquired: isOne(acquired), stored: asStored(record), at: Number(at) }
  }

  async write({ condition, notAfter, next, confirm = true }: Write): Promise<Stored | null> {
    const replicas = confirm ? this.#replicas : 0
    const { lease: leaseKey, record: recordKey, also } = this.#keys
    const entry = also !== undefined && 'index' in also ? also : undefined
    const read = also !== undefined && 'revoking' in also ? also : undefined
    const more = entry ? [entry.index, entry.default] : read ? [read.revoking] : []
    const value = next === null ? '' : Buffer.concat([Buffer.from(next.generation), next.sealed])
    const { lease = '', generation = '' } = condition ?? {}
    const args = [
      lease,
      generation,
      Math.floor(notAfter),
      value,
      RECORD_LIFE_MS,
      replicas > 0 ? 1 : 0,
      entry?.account ?? ''
    ]
    const answer = await within(runWrite(this.#clients, WRITE, [leaseKey, recordKey, ...more], args, replicas))
    const [written, second = null] = answer as [unknown, unknown]
    if (!isOne(written)) return asStored(second as Buffer | null)
    read?.onWritten(asMs(second))
    return null
  }

  async release(lease: string): Promise<void> {
    await within(runScript(this.#redis, RELEASE, [this.#keys.lease], [lease]))
  }
}

/** Whether `answer` is 1. It is a text with the client option `stringNumbers`. */
function isOne(answer: unknown): boolean {
  return Number(answer) === 1
}

/** A number of milliseconds; `null` for none. */
export function asMs(answer: unknown): number | null {
  return answer === null ? null : Number(answer)
}

export function asStored(record: Buffer | null): Stored {
  if (record === null) return NOTHING
  return {
    generation: record.toString('latin1', 0, GENERATION_LENGTH),
    sealed: record.subarray(GENERATION_LENGTH)
  }
}
