import { StorageError } from '../errors/storage.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { resolve } from 'node:path'
import { printsAs } from '../lib/redact.js'
import type { CredentialsDocument } from '../oauth2client-json/document.js'
import type { UserFields } from '../oauth2client-json/user.js'
import { REFRESH_BUDGET_MS, type Change, type Storage, type UpdateOptions } from '../storage/storage.js'
import type { Token } from '../token/token.js'
import { SingleFlight } from '../lib/single-flight.js'
import { readContent, removeContent, replaceContent, type LastLook } from './content.js'
import { documentIn, textOf, tokenIn } from './document.js'
import { FileLock, LOCK_LIFE_MS, type Hold } from './lock.js'

/** At worst a waiter waits for a lock whose holder was stopped, and then for one change by another process. */
const WAIT_MS = LOCK_LIFE_MS + REFRESH_BUDGET_MS + 5_000
/** Pauses of a waiter. They grow, and vary so that processes do not act at the same time. */
const FIRST_PAUSE_MS = 2
const LONGEST_PAUSE_MS = 25

/** The OAuth client, for a file that does not name it yet. Python needs it in the file in order to refresh. */
export interface FileStorageClient {
  /** The client's id. */
  clientId: string
  /** The client's secret. */
  clientSecret?: string
  /** The token endpoint; default: Google's. */
  tokenUri?: string
}

/** What the file held at a moment. */
interface Held {
  token: Token | null
  document?: CredentialsDocument
  generation: string
}

/**
 * One user's slot in one file, in oauth2client's own JSON, which Python's `file.Storage` reads and writes. Only its owner
 * can read the file (0600), and it is replaced as a whole. Threads, processes and machines can share it. Python takes no
 * lock between processes: what it writes during a change is noticed, and stays. A file that was cut off, or holds
 * something else, is a `CredentialsFormatError` and is not overwritten; an empty file counts as none.
 * @see https://oauth2client.readthedocs.io/en/latest/source/oauth2client.file.html
 */
export class FileStorage implements Storage {
  readonly #path: string
  readonly #client: UserFields
  readonly #lock: FileLock
  readonly #flight = new SingleFlight<Token | null>()

  /**
   * @param path The path of the file.
   * @param client The OAuth client, for a file that does not name it yet.
   */
  constructor(path: string, client?: FileStorageClient) {
    if (typeof path !== 'string' || path === '') throw new TypeError('path must be the path of a file.')
    this.#path = resolve(path)
    this.#client = { ...client }
    this.#lock = new FileLock(this.#path)
  }

  /** The whole path of the file. */
  get path(): string {
    return this.#path
  }

  async get(): Promise<Token | null> {
    return (await this.#read()).token
  }

  put(token: Token): Promise<void> {
    return this.#overwrite(token)
  }

  delete(): Promise<void> {
    return this.#overwrite(null)
  }

  async update(change: Change, options: UpdateOptions = {}): Promise<Token | null> {
    const outcome = await this.#flight.run(() => this.#changeAlone(change, options), options)
    return outcome === undefined ? this.get() : outcome
  }

  /** Replaces what is there, within `WAIT_MS` or not at all. */
  async #overwrite(token: Token | null): Promise<void> {
    const patience = new Patience()
    let hold = await this.#lock.take('write')
    for (; hold === null; hold = await this.#lock.take('write')) await patience.pause()
    const lock = hold
    const inTime = (): Promise<boolean> => Promise.resolve(!patience.isOver)
    if (!(await released(lock, async () => this.#write(token, await this.#read(), lock, inTime))))
      throw new StorageError(`The file ${this.#path} was not written in time. Try again.`)
  }

  async #changeAlone(change: Change, { wait = true, until }: UpdateOptions): Promise<Token | null> {
    const patience = new Patience()
    for (let waited = false; ; waited = true) {
      const hold = await this.#lock.take('change')
      if (hold !== null) return released(hold, () => this.#change(change, hold, waited ? until : undefined))
      const token = await this.get()
      if (!wait || until?.(token)) return token
      await patience.pause()
    }
  }

  async #change(change: Change, hold: Hold, until: UpdateOptions['until']): Promise<Token | null> {
    const held = await this.#read()
    if (until?.(held.token)) return held.token
    const next = await change(held.token)
    const unchanged = async (): Promise<boolean> => (await this.#read()).generation === held.generation
    if (next !== held.token && (await this.#write(next, held, hold, unchanged))) return next
    return this.get()
  }

  async #read(): Promise<Held> {
    const content = await readContent(this.#path)
    // Python's file.Storage makes an empty file before it writes.
    if (content === null || content.text === '') return { token: null, generation: content?.generation ?? '' }
    const document = documentIn(content.text, this.#path)
    return { token: tokenIn(document, this.#path), document, generation: content.generation }
  }

  #write(next: Token | null, { document }: Held, hold: Hold, lastLook?: LastLook): Promise<boolean> {
    if (next === null) return removeContent(this.#path, hold, lastLook)
    return replaceContent(this.#path, textOf(next, this.#client, document), hold, lastLook)
  }
}

printsAs(FileStorage, ({ path }) => ({ path }))

/** The result of `work`. The lock is given back also when that fails. */
async function released<T>(hold: Hold, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await hold.release()
  }
}

/** The pauses of a caller that waits, for at most `WAIT_MS`. */
class Patience {
  readonly #deadline = performance.now() + WAIT_MS
  #longest = FIRST_PAUSE_MS

  get isOver(): boolean {
    return performance.now() > this.#deadline
  }

  /** One pause. Throws a `StorageError` when the time is over. */
  async pause(): Promise<void> {
    if (this.isOver) throw new StorageError('Another process did not finish with the file in time. Try again.')
    await sleep(this.#longest * (0.5 + Math.random() / 2))
    this.#longest = Math.min(this.#longest * 1.5, LONGEST_PAUSE_MS)
  }
}
