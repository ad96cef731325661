import { StorageError } from '../errors/grant.js'
import { codeOf } from '../lib/error-code.js'
import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { REFRESH_BUDGET_MS } from '../storage/storage.js'

/**
 * How long a holder is left alone: longer than any refresh, with time to spare for the writing. A waiter counts from
 * when it first saw this holder, by its own clock, so the clocks of several machines need not agree.
 */
export const LOCK_LIFE_MS = REFRESH_BUDGET_MS + 4_000

const OWNER_ONLY = 0o700
/** Codes of `rename` when somebody else was faster (EPERM on Windows), or has swept away what was ready. */
const FASTER = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOENT'])
/** Who holds a lock: for what, and the process and the machine it runs on. */
const HOLDER = /^(change|write)\.(\d+)\.[\da-f]+\.(.+)$/

/** A `change` computes for seconds and may be overtaken by a `write`, which takes milliseconds. */
export type Purpose = 'change' | 'write'

/** A lock that was taken. */
export interface Hold {
  /** Its folder, for files that are about to be moved. It is gone once somebody else has taken the lock over. */
  readonly folder: string
  /** Never fails: what cannot be removed is taken over later. */
  release(): Promise<void>
}

/**
 * The lock of one file: a folder beside it that holds one folder more, with a name used only once, while somebody has
 * the lock. An empty lock is free. Each step is one call that the file system does wholly or not at all:
 *
 * - taking it renames a folder made ready onto the lock, which only succeeds while the lock is empty or absent;
 * - giving it back, and taking it away from a holder that was killed or stopped, remove the folder of that holder.
 *
 * What is written passes through the holder's folder. A process that was stopped and wakes up after its lock was taken
 * over finds that folder gone, and can neither write nor free the lock of its successor, however late it is.
 */
export class FileLock {
  readonly #path: string
  readonly #lifeMs: number
  /** The other holder, and since when it has been seen, in milliseconds that only grow. */
  #seen = { holder: '', since: 0 }

  constructor(file: string, lifeMs: number = LOCK_LIFE_MS) {
    this.#path = `${file}.lock`
    this.#lifeMs = lifeMs
  }

  /** The lock, or `null` while somebody else has it. Throws a `StorageError` where no lock can be made. */
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
        throw new StorageError(`${this.#path} must be a folder, which the lock is made of. Delete what is there.`)
      const [name] = await readdir(this.#path)
      if (name === undefined || HOLDER.test(name)) return name ?? null
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
    throw new StorageError(`The folder ${this.#path} is a lock, and holds something else. Delete it.`)
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
      // Not every system renames onto a folder, even an empty one.
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
        // Fails, as it should, where somebody has the lock already.
        await rmdir(this.#path).catch(() => undefined)
      }
    }
  }

  /** Removes what processes left behind that were killed while they made a folder ready. */
  async #sweep(): Promise<void> {
    const start = `${basename(this.#path)}-`
    const names = await readdir(dirname(this.#path))
    const left = names.filter((name) => name.startsWith(start) && isDead(name.slice(start.length)))
    await Promise.all(left.map((name) => remove(join(dirname(this.#path), name))))
  }
}

/** Whether the holder was a process of this machine that has ended. Machines of one name count as one. */
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

/** Removes a folder and what is in it. What is added meanwhile makes it fail; the next try removes that too. */
async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined)
}
