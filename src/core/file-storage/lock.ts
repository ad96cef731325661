import { StorageError } from '../errors/storage.js'
import { codeOf } from '../lib/error-code.js'
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { REFRESH_BUDGET_MS } from '../storage/storage.js'

/**
 * How long a holder can keep a lock that others wait for: longer than any refresh, with time to spare for the write. A
 * waiter measures it by its own clock, from when it first saw this holder, so clocks of machines need not agree.
 */
export const LOCK_LIFE_MS = REFRESH_BUDGET_MS + 4_000

const OWNER_ONLY = 0o700
/** Codes of `rename` when another process was faster (EPERM on Windows), or has swept away what was ready. */
const FASTER = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOENT'])
/** The name of a holder: purpose, process id, random part, machine. */
const HOLDER = /^(change|write)\.(\d+)\.[\da-f]+\.(.*)$/

/** A `change` takes seconds and can be overtaken by a `write`, which takes milliseconds. */
export type Purpose = 'change' | 'write'

/** A lock that was taken. */
export interface Hold {
  /** The folder of this holder, for files on their way. It is gone once another process has taken the lock over. */
  readonly folder: string
  /** Never fails: what cannot be removed now is taken over later. */
  release(): Promise<void>
}

/**
 * The lock of one file: a folder beside it. While it is held, it contains the folder of its holder, whose name is used
 * only once; while it is free, it is empty or absent. Each step is one call that the file system does wholly or not at all:
 *
 * - To take it, a folder is made ready and renamed to the lock, which fails unless the lock is free.
 * - To give it back, or to take it from a holder that was killed or stopped, the folder of that holder is removed.
 *
 * All that is written is moved out of the holder's folder. A process that was stopped, and goes on after its lock was
 * taken over, finds its folder gone: it can neither write nor free the lock of the next holder, however late it is.
 * Without this, a process that was frozen for a minute could put an old refresh token over a new one.
 */
export class FileLock {
  readonly #path: string
  readonly #lifeMs: number
  /** The holder that was seen last, and since when, by a clock that only goes forward. */
  #seen = { holder: '', since: 0 }

  constructor(file: string, lifeMs: number = LOCK_LIFE_MS) {
    this.#path = `${file}.lock`
    this.#lifeMs = lifeMs
  }

  /** The lock, or `null` while another holder has it. Throws a `StorageError` where no lock can be made. */
  async take(purpose: Purpose): Promise<Hold | null> {
    try {
      const holder = await this.#holder()
      if (holder !== null) {
        if (!this.#isOver(holder, purpose)) return null
        await remove(join(this.#path, holder))
      }
      return await this.#enter(purpose)
    } catch (error) {
      if (error instanceof StorageError) throw error
      throw new StorageError(`The lock ${this.#path} cannot be taken (${codeOf(error)}).`, error)
    }
  }

  async #holder(): Promise<string | null> {
    try {
      if (!(await lstat(this.#path)).isDirectory())
        throw new StorageError(`The lock ${this.#path} must be a folder. Delete what is in its place.`)
      const [name] = await readdir(this.#path)
      if (name === undefined || HOLDER.test(name)) return name ?? null
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
    throw new StorageError(`The lock ${this.#path} contains something that does not belong there. Delete that folder.`)
  }

  #isOver(holder: string, purpose: Purpose): boolean {
    if (purpose === 'write' && holder.startsWith('change')) return true
    if (isDead(holder)) return true
    const now = performance.now()
    if (holder !== this.#seen.holder) this.#seen = { holder, since: now }
    return now - this.#seen.since >= this.#lifeMs
  }

  async #enter(purpose: Purpose): Promise<Hold | null> {
    const name = `${purpose}.${process.pid}.${randomBytes(8).toString('hex')}.${encodeURIComponent(hostname())}`
    const ready = `${this.#path}-${name}`
    await this.#sweep()
    try {
      await mkdir(ready, OWNER_ONLY)
      await mkdir(join(ready, name), OWNER_ONLY)
      // Some systems do not rename onto an empty folder.
      await rmdir(this.#path).catch(() => undefined)
      await rename(ready, this.#path)
    } catch (error) {
      await remove(ready)
      if (FASTER.has(codeOf(error))) return null
      throw error
    }
    const folder = join(this.#path, name)
    return {
      folder,
      release: async () => {
        await remove(folder)
        // Fails where another process has the lock already, as it should.
        await rmdir(this.#path).catch(() => undefined)
      }
    }
  }

  /** Removes the folders of processes that were killed while they made them ready. */
  async #sweep(): Promise<void> {
    const start = `${basename(this.#path)}-`
    const names = await readdir(dirname(this.#path))
    const left = names.filter((name) => name.startsWith(start) && isDead(name.slice(start.length)))
    await Promise.all(left.map((name) => remove(join(dirname(this.#path), name))))
  }
}

/** Whether the holder was a process of this machine that has ended. Machines with one name count as one machine. */
function isDead(holder: string): boolean {
  const [, , pid, host] = HOLDER.exec(holder) ?? []
  if (host !== encodeURIComponent(hostname())) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

/** Removes a folder and what is in it. Fails where something is added meanwhile; the next try removes that too. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined)
}
