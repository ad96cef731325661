import { GrantLostError } from '../core/errors/grant.js'
import { StorageError } from '../core/errors/storage.js'
import { randomBytes } from '../core/lib/random.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { REFRESH_BUDGET_MS } from '../core/storage/storage.js'
import type { Change, Storage, UpdateOptions } from '../core/storage/storage.js'
import { isOfOneToken } from '../core/token/lost.js'
import type { Token } from '../core/token/token.js'
import type { Condition, CredentialSlot, Snapshot, Stored, Write } from './slot.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'
import { SingleFlights } from '../core/lib/single-flight.js'

/**
 * A lease lasts longer than the refresh made under it, the command that took it (its answer may be late) and the command
 * that writes the result, with one more command to spare. So only a process that has stopped loses its lease.
 */
export const LEASE_MS = REFRESH_BUDGET_MS + 3 * COMMAND_LIMIT_MS
/** A waiter waits at most for the lease of a killed process to end, and then for one refresh by another process. */
export const WAIT_MS = LEASE_MS + REFRESH_BUDGET_MS + 2 * COMMAND_LIMIT_MS
/** Pauses of a waiter between two reads. They grow, and vary so that processes do not all read at the same time. */
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 50
/** How long a result that could not be stored is written again, and the pause between two tries. */
const WRITE_LATER_MS = 60_000
const WRITE_PAUSE_MS = 100
/** 96 bits, 16 characters. */
const RANDOM_BYTES = 12

/** Seals a token for the storage, and opens it; `null` for bytes that do not open. */
export interface TokenSeal {
  seal(token: Token): Buffer
  open(sealed: Buffer): Token | null
}

/** No last moment: the write is correct at any time, because it needs the lease and the generation. */
const WHENEVER = Number.MAX_SAFE_INTEGER

/** The clock, the pauses and the randomness that the rules need; a test can replace them. */
export interface World {
  /** Milliseconds; they never go back. */
  clock: () => number
  pause: (ms: number) => Promise<unknown>
  random: () => string
}

const REAL_WORLD: World = {
  clock: () => performance.now(),
  pause: (ms) => sleep(ms, undefined, { ref: false }),
  random: () => randomBytes(RANDOM_BYTES).toString('base64url')
}

/** What all slots of a process share. */
export class SharedState {
  readonly flights = new SingleFlights<Token | null>()
  readonly leaseMs: number
  readonly waitMs: number
  readonly world: World
  readonly background: (work: Promise<void>) => void

  constructor(options: {
    leaseMs?: number
    waitMs?: number
    world?: World
    background?: (work: Promise<void>) => void
  }) {
    const { leaseMs = LEASE_MS, waitMs = WAIT_MS, world = REAL_WORLD, background = () => undefined } = options
    this.leaseMs = leaseMs
    this.waitMs = waitMs
    this.world = world
    this.background = background
  }
}

/**
 * A slot that many processes share. One process at a time holds a lease and computes a change. Redis stores the result only
 * if that lease still lasts and the record has not changed since: it checks both and writes in one step. `put` and `delete`
 * need no lease. They make the result of the lease holder invalid.
 *
 * A write that failed never happens later, with one exception: the token that a refresh brought. Its refresh token may be
 * the only one that still works, so it is written again until it is stored, or until something else is.
 */
export class LeasedStorage implements Storage {
  readonly #slot: CredentialSlot
  readonly #name: string
  readonly #seal: TokenSeal
  readonly #shared: SharedState

  constructor(slot: CredentialSlot, name: string, seal: TokenSeal, shared: SharedState) {
    this.#slot = slot
    this.#name = name
    this.#seal = seal
    this.#shared = shared
  }

  async get(): Promise<Token | null> {
    return this.#opened(await this.#slot.read())
  }

  put(token: Token): Promise<void> {
    return within(this.#replace(token))
  }

  delete(): Promise<void> {
    return within(this.#replace(null))
  }

  async update(change: Change, options: UpdateOptions = {}): Promise<Token | null> {
    const outcome = await this.#shared.flights.run(this.#name, () => this.#changeAlone(change, options), options)
    return outcome === undefined ? this.get() : outcome
  }

  /** Replaces what is stored, within the time limit of a command or never. */
  async #replace(token: Token | null): Promise<void> {
    const { clock } = this.#shared.world
    const deadline = clock() + COMMAND_LIMIT_MS
    const { at } = await this.#slot.snapshot()
    const refusal = await this.#slot.write({ notAfter: at + deadline - clock(), next: this.#sealed(token) })
    if (refusal !== null) throw new StorageError('The storage did not write in time. Try again.')
  }

  async #changeAlone(change: Change, { wait = true, until }: UpdateOptions): Promise<Token | null> {
    const { clock, pause, random } = this.#shared.world
    const lease = random()
    const deadline = clock() + this.#shared.waitMs
    for (let reads = 1; ; reads++) {
      const snapshot = await this.#slot.acquire(lease, this.#shared.leaseMs)
      const readAt = clock()
      const current = this.#readable(snapshot.stored)
      if (snapshot.acquired) {
        if (reads === 1 || !until?.(current)) return this.#changeUnderLease(change, lease, snapshot, current, readAt)
        await this.#release(lease)
        return current
      }
      if (until?.(current)) return current
      if (!wait) return this.#opened(snapshot.stored)
      if (clock() > deadline) throw new StorageError('Another process did not finish in time. Try again.')
      const longest = Math.min(FIRST_PAUSE_MS * reads, LONGEST_PAUSE_MS)
      await pause(longest * (0.5 + Math.random() / 2))
    }
  }

  async #changeUnderLease(
    change: Change,
    lease: string,
    snapshot: Snapshot,
    current: Token | null,
    readAt: number
  ): Promise<Token | null> {
    let next: Token | null
    try {
      next = await change(current)
    } catch (error) {
      await this.#release(lease)
      throw error
    }
    if (next === current) {
      await this.#release(lease)
      return current
    }
    const { stored: seen, at } = snapshot
    const condition = { lease, generation: seen.generation }
    const isSuccessor = next !== null && current !== null
    const notAfter = isSuccessor ? WHENEVER : at + this.#shared.world.clock() - readAt + COMMAND_LIMIT_MS
    const write = { condition, notAfter, next: this.#sealed(next) }
    try {
      const stored = await this.#slot.write(write)
      return stored === null ? next : this.#opened(stored)
    } catch (error) {
      if (isSuccessor) this.#shared.background(this.#writeLater(write, seen).catch(() => undefined))
      // The next caller need not wait until the lease ends, and this caller need not wait for the release.
      else void this.#release(lease)
      throw error
    }
  }

  /** Writes the successor of a token until it is stored, or until something else is. The lease makes other callers wait. */
  async #writeLater(write: Write & { condition: Condition }, seen: Stored): Promise<void> {
    const { clock, pause, random } = this.#shared.world
    const before = this.#readable(seen)
    const isReplaceable = (stored: Stored): boolean => {
      if (stored.generation === seen.generation) return true
      // Another process has marked the grant lost, with only the old refresh token in hand.
      const there = this.#readable(stored)
      return there?.lost !== undefined && isOfOneToken(there.lost) && there.accessToken === before?.accessToken
    }
    const deadline = clock() + WRITE_LATER_MS
    let { lease } = write.condition
    while (clock() < deadline) {
      await pause(WRITE_PAUSE_MS)
      const there = await this.#slot.read().catch(unavailable)
      if (there === 'unavailable') continue
      // It is stored (the answer was lost, or too few replicas confirmed), or something else is.
      if (there.generation === write.next?.generation || !isReplaceable(there)) return this.#release(lease)
      const condition = { lease, generation: there.generation }
      const refusal = await this.#slot.write({ ...write, condition, confirm: false }).catch(unavailable)
      if (refusal === null) return
      if (refusal === 'unavailable') continue
      // The lease has ended: take another one.
      const another = random()
      const taken = await this.#slot.acquire(another, this.#shared.leaseMs).catch(unavailable)
      if (taken !== 'unavailable' && taken.acquired) lease = another
    }
  }

  /** Never throws: a lease that cannot be released ends by itself. */
  async #release(lease: string): Promise<void> {
    await this.#slot.release(lease).catch(() => undefined)
  }

  #sealed(token: Token | null): { generation: string; sealed: Buffer } | null {
    return token === null ? null : { generation: this.#shared.world.random(), sealed: this.#seal.seal(token) }
  }

  /** The token; `null` when there is none or it does not open. A change then starts from nothing and replaces the record. */
  #readable({ sealed }: Stored): Token | null {
    return sealed === null ? null : this.#seal.open(sealed)
  }

  #opened(stored: Stored): Token | null {
    const token = this.#readable(stored)
    if (token === null && stored.sealed !== null) throw new GrantLostError('unreadable')
    return token
  }
}

/** `'unavailable'` for an error of the storage, which passes. Throws any other error. */
function unavailable(error: unknown): 'unavailable' {
  if (error instanceof StorageError) return 'unavailable'
  throw error
}
