import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { GrantLostError, StorageError } from '../core/errors.js'
import { REFRESH_BUDGET_MS } from '../core/refresh.js'
import type { Change, Storage, UpdateOptions } from '../core/storage.js'
import type { Token } from '../core/token.js'
import type { CredentialSlot, Look, Stored } from './credential-slot.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'
import { Turns } from './turns.js'

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
/** 128 bits, 22 characters. */
const RANDOM_BYTES = 16

/** Turns a token into what is stored, and back; `null` for what does not open. */
export interface TokenSeal {
  seal(token: Token): Buffer
  open(sealed: Buffer): Token | null
}

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
export class Commons {
  readonly changes = new Turns()
  readonly writes = new Turns()
  readonly leaseMs: number
  readonly waitMs: number
  readonly world: World

  constructor(leaseMs = LEASE_MS, waitMs = WAIT_MS, world = REAL_WORLD) {
    this.leaseMs = leaseMs
    this.waitMs = waitMs
    this.world = world
  }
}

const LATE = 'The storage did not write in time. Try again.'

/**
 * The rules of a slot that many processes share. Under a lease one of them at a time computes a change; generations,
 * compared and set in one step, make sure that nothing is overwritten which it has not seen, lease or no lease; and
 * whatever was given up on does not happen later.
 */
export class LeasedStorage implements Storage {
  readonly #slot: CredentialSlot
  readonly #userId: string
  readonly #seal: TokenSeal
  readonly #commons: Commons

  constructor(slot: CredentialSlot, userId: string, seal: TokenSeal, commons: Commons) {
    this.#slot = slot
    this.#userId = userId
    this.#seal = seal
    this.#commons = commons
  }

  async get(): Promise<Token | null> {
    return this.#opened(await this.#slot.read())
  }

  put(token: Token): Promise<void> {
    return this.#replace(token)
  }

  delete(): Promise<void> {
    return this.#replace(null)
  }

  async update(change: Change, options: UpdateOptions = {}): Promise<Token | null> {
    const outcome = await this.#commons.changes.take(this.#userId, () => this.#changeInTurn(change, options), options)
    return outcome === undefined ? this.get() : outcome
  }

  /** One at a time in this process, so that a crowd of writers does not get in its own way. */
  async #replace(token: Token | null): Promise<void> {
    const deadline = this.#commons.world.clock() + COMMAND_LIMIT_MS
    const replaced = this.#commons.writes.take(this.#userId, async () => {
      await this.#replaceInTurn(token, deadline)
      return null
    })
    await within(replaced)
  }

  /** Writes over whatever is there, however often that changes meanwhile, until the time of one command is up. */
  async #replaceInTurn(token: Token | null, deadline: number): Promise<void> {
    const { clock } = this.#commons.world
    const next = this.#sealed(token)
    if (clock() > deadline) throw new StorageError(LATE)
    const { at, stored } = await this.#slot.look()
    const notAfter = at + deadline - clock()
    for (let expected = stored.generation; ;) {
      const inTheWay = await this.#slot.write({ expected, notAfter, next })
      if (inTheWay === null) return
      // The very record that was expected is there: so it was the time.
      if (inTheWay.generation === expected) throw new StorageError(LATE)
      expected = inTheWay.generation
    }
  }

  async #changeInTurn(change: Change, { wait = true, until }: UpdateOptions): Promise<Token | null> {
    const { clock, pause, random } = this.#commons.world
    const lease = random()
    const deadline = clock() + this.#commons.waitMs
    for (let looks = 1; ; looks++) {
      const look = await this.#slot.acquire(lease, this.#commons.leaseMs)
      const lookedAt = clock()
      const current = this.#readable(look.stored)
      if (look.acquired) {
        if (looks === 1 || !until?.(current)) return this.#changeUnderLease(change, lease, look, current, lookedAt)
        await this.#release(lease)
        return current
      }
      if (until?.(current)) return current
      if (!wait) return this.#opened(look.stored)
      if (clock() > deadline) throw new StorageError('Another process did not finish in time. Try again.')
      const longest = Math.min(FIRST_PAUSE_MS * looks, LONGEST_PAUSE_MS)
      await pause(longest * (0.5 + Math.random() / 2))
    }
  }

  async #changeUnderLease(
    change: Change,
    lease: string,
    look: Look,
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
    const notAfter = look.at + this.#commons.world.clock() - lookedAt + COMMAND_LIMIT_MS
    const write = { lease, expected: look.stored.generation, notAfter, next: this.#sealed(next) }
    try {
      const inTheWay = await this.#slot.write(write)
      return inTheWay === null ? next : this.#opened(inTheWay)
    } catch (error) {
      // Whoever asks next need not wait for the lease to run out; the caller need not wait for this.
      void this.#release(lease)
      throw error
    }
  }

  /** Never fails: a lease that cannot be given back runs out. */
  async #release(lease: string): Promise<void> {
    await this.#slot.release(lease).catch(() => undefined)
  }

  #sealed(token: Token | null): { generation: string; sealed: Buffer } | null {
    return token === null ? null : { generation: this.#commons.world.random(), sealed: this.#seal.seal(token) }
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
