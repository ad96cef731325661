import { StorageError } from '../errors/grant.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { resolve } from 'node:path'
import { printsAs } from '../lib/redact.js'
import type { CredentialsDocument } from '../oauth2client-json/document.js'
import type { UserFields } from '../oauth2client-json/user.js'
import type { Change, Storage, UpdateOptions } from '../storage/storage.js'
import type { Token } from '../token/token.js'
import { SingleFlight } from '../lib/single-flight.js'
import { readContent, removeContent, replaceContent } from './content.js'
import { documentIn, textOf, tokenIn } from './document.js'
import { guarded, type Fence } from './guard.js'
import { FileLease } from './lease.js'

/** Whoever waits sees at worst one lease run out, and then one change by somebody else. */
const WAIT_MS = 25_000
const PAUSE_MS = 25

/** The OAuth client, for a file that does not name it yet; without it Python cannot refresh what it reads there. */
export interface FileStorageClient {
  clientId: string
  clientSecret?: string
  tokenUri?: string
}

/** What the file held at a moment. */
interface Held {
  token: Token | null
  document?: CredentialsDocument
  generation: string
}

/**
 * One user's slot in one file, in oauth2client's own JSON: Python's `file.Storage` reads it and writes it. The file is
 * its owner's alone (0600) and replaced as a whole. Threads and processes may share it; Python's writings, which know
 * no lock between processes, are noticed and win. A file that is torn or somebody else's is a `CredentialsFormatError`
 * and is never overwritten; an empty file counts as none.
 * @see https://oauth2client.readthedocs.io/en/latest/source/oauth2client.file.html
 */
export class FileStorage implements Storage {
  readonly #path: string
  readonly #client: UserFields
  readonly #lease: FileLease
  readonly #flight = new SingleFlight<Token | null>()

  constructor(path: string, client?: FileStorageClient) {
    if (typeof path !== 'string' || path === '') throw new TypeError('path must be the path of a file.')
    this.#path = resolve(path)
    this.#client = { ...client }
    this.#lease = new FileLease(this.#path)
  }

  get path(): string {
    return this.#path
  }

  async get(): Promise<Token | null> {
    return (await this.#read()).token
  }

  put(token: Token): Promise<void> {
    return this.#guarded(async (fence) => {
      const { document } = await this.#read()
      await this.#lease.end()
      await this.#write(token, document, fence)
    })
  }

  delete(): Promise<void> {
    return this.#guarded(async (fence) => {
      await this.#read()
      await this.#lease.end()
      await removeContent(this.#path, fence)
    })
  }

  async update(change: Change, options: UpdateOptions = {}): Promise<Token | null> {
    const outcome = await this.#flight.run(() => this.#changeAlone(change, options), options)
    return outcome === undefined ? this.get() : outcome
  }

  async #changeAlone(change: Change, { wait = true, until }: UpdateOptions): Promise<Token | null> {
    const deadline = performance.now() + WAIT_MS
    for (let waited = false; ; waited = true) {
      const { held, lease } = await this.#guarded(async () => {
        const held = await this.#read()
        return { held, lease: waited && until?.(held.token) ? null : await this.#lease.take() }
      })
      if (lease !== null) return this.#changeUnderLease(change, lease, held)
      if (!wait || until?.(held.token)) return held.token
      if (performance.now() > deadline) throw new StorageError('Another process did not finish in time. Try again.')
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
  }

  async #changeUnderLease(change: Change, lease: string, held: Held): Promise<Token | null> {
    let next: Token | null
    try {
      next = await change(held.token)
    } catch (error) {
      // The lease runs out, should even this fail.
      await this.#guarded(() => this.#endOwn(lease)).catch(() => undefined)
      throw error
    }
    return this.#guarded(async (fence) => {
      const own = await this.#endOwn(lease)
      const now = await this.#read()
      if (!own || now.generation !== held.generation || next === held.token) return now.token
      if (next === null) await removeContent(this.#path, fence)
      else await this.#write(next, now.document, fence)
      return next
    })
  }

  /** Whether the lease was ours still. */
  async #endOwn(lease: string): Promise<boolean> {
    const own = await this.#lease.isHeldBy(lease)
    if (own) await this.#lease.end()
    return own
  }

  async #read(): Promise<Held> {
    const content = await readContent(this.#path)
    // Python's file.Storage makes an empty file before it writes.
    if (content === null || content.text === '') return { token: null, generation: content?.generation ?? '' }
    const document = documentIn(content.text, this.#path)
    return { token: tokenIn(document, this.#path), document, generation: content.generation }
  }

  #write(token: Token, kept: CredentialsDocument | undefined, fence: Fence): Promise<void> {
    return replaceContent(this.#path, textOf(token, this.#client, kept), fence)
  }

  #guarded<T>(work: (fence: Fence) => Promise<T>): Promise<T> {
    return guarded(this.#path, work)
  }
}

printsAs(FileStorage, ({ path }) => ({ path }))
