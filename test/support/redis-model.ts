import { StorageError } from '../../src/core/errors/storage.js'
import { COMMAND_LIMIT_MS } from '../../src/redis/time-limit.js'
import type { CredentialSlot, Snapshot, Stored, Write } from '../../src/redis/slot.js'

/** The rules. A model can leave one out, to show that the checks find it. */
export type Rule = 'generation' | 'lease' | 'mark' | 'fence'

/** The scripts of scripts/slot.ts as plain steps on plain data. model.test.ts compares both. */
export class ModelRedis {
  now = 1_000_000
  record: { generation: string; sealed: Buffer } | null = null
  lease: { value: string; endsAt: number } | null = null
  readonly #forgotten: Rule | undefined
  /** Called for every write, with its lease. */
  onWrite: (next: Write['next'], lease: string | undefined, errand: Errand) => void = () => {}

  constructor(forgotten?: Rule) {
    this.#forgotten = forgotten
  }

  #leaseValue(): string | null {
    if (this.lease !== null && this.lease.endsAt <= this.now) this.lease = null
    return this.lease?.value ?? null
  }

  holds(lease: string): boolean {
    return this.#leaseValue() === lease
  }

  stored(): Stored {
    return this.record ?? { generation: '', sealed: null }
  }

  acquire(lease: string, lifeMs: number): Snapshot {
    const held = this.#leaseValue()
    if (lease !== '' && held === null) this.lease = { value: lease, endsAt: this.now + lifeMs }
    return { acquired: lease !== '' && (held === null || held === lease), stored: this.stored(), at: this.now }
  }

  write({ condition, notAfter, next }: Write, errand: Errand = { over: false }): Stored | null {
    const held = this.#leaseValue()
    if (condition !== undefined) this.release(condition.lease)
    const again = next !== null && this.record?.generation === next.generation
    const inTime = this.now <= notAfter || this.#forgotten === 'fence'
    const leaseHolds = held === condition?.lease || this.#forgotten === 'lease'
    const unseen = this.stored().generation !== condition?.generation && this.#forgotten !== 'generation'
    const allowed = inTime && (condition === undefined || (leaseHolds && !unseen))
    if (!allowed && !again) return this.stored()
    if (condition === undefined && this.lease !== null && this.#forgotten !== 'mark') this.lease.value += '!'
    this.record = next
    this.onWrite(next, condition?.lease, errand)
    return null
  }

  release(lease: string): void {
    if (this.#leaseValue()?.startsWith(lease)) this.lease = null
  }
}

/** What the network and the clients can do with a command. */
export interface Network {
  /** Waits until a command, or its answer, has arrived. For a killed process it never does. */
  pass: (what: string) => Promise<void>
  /** The fate of the next command: it can run twice, or after its time limit. */
  fate: () => Fate
}

export type Fate = 'fine' | 'twice' | 'late'

/** The call to which a command belongs. It is over when the caller has its result or its error. */
export interface Errand {
  over: boolean
}

/** A slot of the model, seen by one process over its network. */
export class ModelSlot implements CredentialSlot {
  readonly #redis: ModelRedis
  readonly #network: Network
  readonly #errand: Errand

  constructor(redis: ModelRedis, network: Network, errand: Errand) {
    this.#redis = redis
    this.#network = network
    this.#errand = errand
  }

  read(): Promise<Stored> {
    return this.#command('read', () => this.#redis.stored())
  }

  snapshot(): Promise<Snapshot> {
    return this.#command('snapshot', () => this.#redis.acquire('', 0))
  }

  acquire(lease: string, lifeMs: number): Promise<Snapshot> {
    const releaseLate = (): void => this.#redis.release(lease)
    return this.#command('acquire', () => this.#redis.acquire(lease, lifeMs), releaseLate)
  }

  write(write: Write): Promise<Stored | null> {
    return this.#command('write', () => this.#redis.write(write, this.#errand))
  }

  release(lease: string): Promise<void> {
    return this.#command('release', () => this.#redis.release(lease))
  }

  async #command<T>(name: string, run: () => T, whenLate: () => void = () => {}): Promise<T> {
    const { pass, fate } = this.#network
    const decided = fate()
    const sentAt = this.#redis.now
    await pass(name)
    if (decided === 'late') {
      void pass(`${name}, late`)
        .then(run)
        .then(() => pass(`${name}, late answer`))
        .then(whenLate, () => undefined)
      this.#redis.now += COMMAND_LIMIT_MS + 1
      throw new StorageError()
    }
    let answer = run()
    await pass(`${name}, answer`)
    if (decided === 'twice') {
      answer = run()
      await pass(`${name}, second answer`)
    }
    // No caller waits longer for an answer, so none uses a lease that ended before the answer came.
    if (this.#redis.now - sentAt > COMMAND_LIMIT_MS) throw new StorageError()
    return answer
  }
}
