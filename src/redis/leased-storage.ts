import { GrantLostError, StorageError } from '../core/errors/grant.js'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { REFRESH_BUDGET_MS } from '../core/storage/storage.js'
import type { Change, Storage, UpdateOptions } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import type { Condition, CredentialSlot, Snapshot, Stored, Write } from './slot.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'
import { SingleFlights } from '../core/lib/single-flight.js'

/**
 * A lease outlives the refresh made under it, the command that took it (its answer may be late) and the command that
 * writes the result, with as much again to spare: only who stopped for good, or was stopped, loses one.
 */
export const LEASE_MS = REFRESH_BUDGET_MS + 3 * COMMAND_LIMIT_MS
/** Whoever waits sees at worst one lease run out whose holder was killed, and then one refresh by somebody else. */
export const WAIT_MS = LEASE_MS + REFRESH_BUDGET_MS + 2 * COMMAND_LIMIT_MS
/** Pauses between two looks of a waiter, one per process and slot: they grow, and vary so that processes do not march in step. */
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 50
/** How long a result that could not be stored is offered again, and how often. */
const WRITE_LATER_MS = 60_000
const WRITE_PAUSE_MS = 100
/** 128 bits, 22 characters. */
const RANDOM_BYTES = 16

/** Turns a token into what is stored, and back; `null` for what does not open. */
export interface TokenSeal {
  seal(token: Token): Buffer
  open(sealed: Buffer): Token | null
}

/** A write that is right whenever it happens, as the lease and the generation are. */
const WHENEVER = Number.MAX_SAFE_INTEGER

/** What the rules need of the world; a test may bring its own. */
export interface World {
  /** Milliseconds that only ever grow. */
  clock: () => number
  pause: (ms: number) => Promise<unknown>
  random: () => string
}

const REAL_WORLD: World = {
  clock: () => performance.now(),
  pause: (ms) => sleep(ms, undefined, { ref: false }),
  random: () => randomBytes(RANDOM_BYTES).toString('base64url')
}

/** What all slots of a process have in common. */
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
 * The rules of a slot that many processes share. Under a lease one of them at a time computes a change. Its result is
 * stored only if the lease is still its own and the generation is the one it has seen, compared and set in one step; `put`
 * and `delete` need no lease, and void the result of whoever has it.
 *
 * What was given up on does not happen later, but for the successor of a token: the refresh token in it may be the only
 * one that still works. It is offered until it is stored, or something else has been.
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

  /** Writes over whatever is there, within the time of one command or not at all. */
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
    for (let looks = 1; ; looks++) {
      const snapshot = await this.#slot.acquire(lease, this.#shared.leaseMs)
      const lookedAt = clock()
      const current = this.#readable(snapshot.stored)
      if (snapshot.acquired) {
        if (looks === 1 || !until?.(current)) return this.#changeUnderLease(change, lease, snapshot, current, lookedAt)
        await this.#release(lease)
        return current
      }
      if (until?.(current)) return current
      if (!wait) return this.#opened(snapshot.stored)
      if (clock() > deadline) throw new StorageError('Another process did not finish in time. Try again.')
      const longest = Math.min(FIRST_PAUSE_MS * looks, LONGEST_PAUSE_MS)
      await pause(longest * (0.5 + Math.random() / 2))
    }
  }

  async #changeUnderLease(
    change: Change,
    lease: string,
    snapshot: Snapshot,
    current: Token | null,
    lookedAt: number
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
    const notAfter = isSuccessor ? WHENEVER : at + this.#shared.world.clock() - lookedAt + COMMAND_LIMIT_MS
    const write = { condition, notAfter, next: this.#sealed(next) }
    try {
      const stored = await this.#slot.write(write)
      return stored === null ? next : this.#opened(stored)
    } catch (error) {
      if (isSuccessor) this.#shared.background(this.#writeLater(write, seen).catch(() => undefined))
      // Whoever asks next need not wait for the lease to run out; the caller need not wait for this.
      else void this.#release(lease)
      throw error
    }
  }

  /** Offers a successor until it is stored, or something else has been. Others are kept waiting by the lease meanwhile. */
  async #writeLater(write: Write & { condition: Condition }, seen: Stored): Promise<void> {
    const { clock, pause, random } = this.#shared.world
    const before = this.#readable(seen)
    const isAwaited = (stored: Stored): boolean => {
      if (stored.generation === seen.generation) return true
      // Declared dead by somebody who had only the refresh token that this one replaces.
      const there = this.#readable(stored)
      return there?.lost !== undefined && there.accessToken === before?.accessToken
    }
    const deadline = clock() + WRITE_LATER_MS
    let { lease } = write.condition
    while (clock() < deadline) {
      await pause(WRITE_PAUSE_MS)
      const there = await this.#slot.read().catch(unavailable)
      if (there === 'unavailable') continue
      // Stored after all, by a command whose answer was lost or that too few replicas confirmed; or overtaken.
      if (there.generation === write.next?.generation || !isAwaited(there)) return this.#release(lease)
      const condition = { lease, generation: there.generation }
      const refusal = await this.#slot.write({ ...write, condition, confirm: false }).catch(unavailable)
      if (refusal === null) return
      if (refusal === 'unavailable') continue
      // The lease has run out: under another one.
      const another = random()
      const taken = await this.#slot.acquire(another, this.#shared.leaseMs).catch(unavailable)
      if (taken !== 'unavailable' && taken.acquired) lease = another
    }
  }

  /** Never fails: a lease that cannot be given back runs out. */
  async #release(lease: string): Promise<void> {
    await this.#slot.release(lease).catch(() => undefined)
  }

  #sealed(token: Token | null): { generation: string; sealed: Buffer } | null {
    return token === null ? null : { generation: this.#shared.world.random(), sealed: this.#seal.seal(token) }
  }

  /** The token, or `null` where there is none to be had; a change then starts from nothing and replaces what is there. */
  #readable({ sealed }: Stored): Token | null {
    return sealed === null ? null : this.#seal.open(sealed)
  }

  #opened(stored: Stored): Token | null {
    const token = this.#readable(stored)
    if (token === null && stored.sealed !== null) throw new GrantLostError('unreadable')
    return token
  }
}

/** Trouble with the storage passes; anything else is not ours to swallow. */
function unavailable(error: unknown): 'unavailable' {
  if (error instanceof StorageError) return 'unavailable'
  throw error
}
