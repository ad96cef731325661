import type { FastifySessionOptions } from '@fastify/session'
import type { Session } from 'fastify'
import { randomSessionId } from '../../sessions/session-id.js'
import type { SessionSigner } from './signer.js'

/** A session as it was read for a request. */
export interface LoadedSession {
  readonly id: string
  /** Whether an old secret sealed the record. It is then sealed again with the current one. */
  readonly retired: boolean
}

/** Where sessions are stored. */
export interface SessionSource<Loaded extends LoadedSession> {
  /** The session with this id; `null` for none. Throws a `StorageError`. */
  load(id: string): Promise<Loaded | null>
  /** The content from which @fastify/session makes its object. */
  content(loaded: Loaded): Session
  save(id: string, session: Session): Promise<void>
  /** Seals the record with the current secret. Leaves it alone when another request has written since it was read. */
  sealAgain(loaded: Loaded): Promise<void>
  destroy(id: string): Promise<void>
}

/** A cookie value for the session in `SourceAdapter.give`, whose own cookie was checked before. */
export const GIVEN = 'given'

/** A session that was read already; `loaded: null` for a new one, with `id` as its id, if there is one. */
export interface Given<Loaded> {
  loaded: Loaded | null
  id?: string | undefined
}

/** A signer and a source as @fastify/session takes them. It can be given a session that was read already. */
export class SourceAdapter<Loaded extends LoadedSession> {
  readonly #signer: SessionSigner
  readonly #source: SessionSource<Loaded>
  /** What @fastify/session gets while it makes an object. */
  #given: Given<Loaded> | undefined

  readonly secret: FastifySessionOptions['secret'] = {
    sign: (id) => this.#signer.sign(id),
    unsign: (cookie) => {
      if (this.#given !== undefined) {
        const id = this.#given.loaded?.id ?? null
        return { valid: id !== null, renew: false, value: id }
      }
      const signed = this.#signer.unsign(cookie)
      return { valid: signed !== null, renew: signed?.retired === true, value: signed?.id ?? null }
    }
  }

  readonly idGenerator = (): string => this.#given?.id ?? randomSessionId()

  readonly store: NonNullable<FastifySessionOptions['store']> = {
    get: (id, callback) => {
      const loaded = this.#given?.loaded
      if (loaded?.id === id) return callback(null, this.#source.content(loaded))
      answer(
        this.#source.load(id).then((found) => found && this.#source.content(found)),
        callback
      )
    },
    set: (id, session, callback) => answer(this.#source.save(id, session), callback),
    destroy: (id, callback) => answer(this.#source.destroy(id), callback)
  }

  constructor(signer: SessionSigner, source: SessionSource<Loaded>) {
    this.#signer = signer
    this.#source = source
  }

  /** Runs `make`. Meanwhile @fastify/session gets what is given, without a read of the source. */
  give(given: Given<Loaded>, make: () => void): void {
    this.#given = given
    try {
      make()
    } finally {
      this.#given = undefined
    }
  }
}

/** Gives the result of `work` to a callback. */
function answer<T>(work: Promise<T>, callback: (error: unknown, value?: T) => void): void {
  work.then((value) => callback(null, value), callback)
}
