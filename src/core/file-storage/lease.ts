import { StorageError } from '../errors/grant.js'
import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { REFRESH_BUDGET_MS } from '../storage/storage.js'

/** A lease outlives every refresh made under it, with time to spare for the writing. */
const LEASE_MS = REFRESH_BUDGET_MS + 4_000

/** Who computes a change, until when at most, and where, so that a dead holder need not be waited for. */
interface Lease {
  holder: string
  until: number
  host: string
  pid: number
}

/** The lease on one file: a note beside it, there while somebody computes a change. Every step under the guard. */
export class FileLease {
  readonly #path: string

  constructor(path: string) {
    this.#path = `${path}.lease`
  }

  /** The name of the new holder, or `null` when somebody else holds the lease. */
  async take(): Promise<string | null> {
    const held = await this.#read()
    if (held !== null && held.until > Date.now() && held.until <= Date.now() + LEASE_MS && !isDead(held)) return null
    const lease: Lease = { holder: randomUUID(), until: Date.now() + LEASE_MS, host: hostname(), pid: process.pid }
    await writeFile(this.#path, JSON.stringify(lease), { mode: 0o600 }).catch((error: unknown) => {
      throw new StorageError(`The file ${this.#path} cannot be written.`, error)
    })
    return lease.holder
  }

  async isHeldBy(holder: string): Promise<boolean> {
    return (await this.#read())?.holder === holder
  }

  /** Ends the lease, whoever holds it: the ground on which he computes has moved. */
  async end(): Promise<void> {
    await rm(this.#path, { force: true }).catch((error: unknown) => {
      throw new StorageError(`The file ${this.#path} cannot be deleted.`, error)
    })
  }

  /** The lease; `null` when there is none, or one that was cut off when its writer was killed. */
  async #read(): Promise<Lease | null> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as Lease
    } catch {
      return null
    }
  }
}

/** Whether the holder was a process of this machine that is no more. */
function isDead({ host, pid }: Lease): boolean {
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as { code?: unknown }).code === 'ESRCH'
  }
}
