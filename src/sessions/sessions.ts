import type { Claims } from '../claims/claims.js'

/**
 * Session records by session id, each kept under `placeOf(id)`. A record is sealed, so a store cannot read it. All methods
 * throw a `StorageError` when the store cannot be reached, so that a failure never looks like "not signed in".
 */
export interface SessionStore {
  /**
   * What `open` makes of the record; `null` when there is none, or when the session has ended. A store with a cache keeps what
   * `open` made, so all callers pass functions that make the same, and nobody changes it.
   */
  get<T>(id: string, open: (record: Buffer) => T): Promise<T | null>
  /** Stores a record for `ttlMs`. Does nothing for a destroyed session: a slow parallel request cannot undo a sign-out. */
  set(id: string, record: Buffer, ttlMs: number): Promise<void>
  /** The same, and does nothing when the stored record is no longer `before`: another request has written. */
  replace(id: string, before: Buffer, record: Buffer, ttlMs: number): Promise<void>
  /** Destroys a record. When there is none, nothing is written. */
  destroy(id: string): Promise<void>
  /** Destroys a record. When there is none, none can be stored for a short time: another request may be about to store it. */
  forbid(id: string): Promise<void>
  /**
   * Claims of session ids, for sign-ins that are under way. A session is stored in the place of its claim; where an outcome was
   * stored, no session can be.
   */
  readonly claims: Claims
  readonly signIns: SignInIndex
}

/** A sign-in of a user, and the session that holds it now. */
export interface IndexedSignIn {
  id: string
  sessionId: string
}

/**
 * The sign-ins of each user, so that all of them can be ended. The cost grows with the number of sign-ins of that user. The
 * id of a sign-in is the id of its first session. An entry carries the end of the sign-in and never needs to be renewed.
 */
export interface SignInIndex {
  /**
   * Adds a sign-in, and returns those that are too many now (`MAX_SIGN_INS_PER_USER`): the ones that end first. `endsAt` is in
   * milliseconds since the epoch.
   */
  add(userId: string, id: string, endsAt: number): Promise<IndexedSignIn[]>
  /**
   * Moves the sign-in from one session to another, and returns the session that holds it now. That is a third one when it was
   * not in `from` any more. `null` when the sign-in has ended: no session may hold it then.
   */
  move(userId: string, id: string, from: string, to: string): Promise<string | null>
  /** Removes the sign-in when this session holds it. Returns the session that still holds it; `null` for none. */
  remove(userId: string, id: string, sessionId: string): Promise<string | null>
  list(userId: string): Promise<IndexedSignIn[]>
}

/** How long a destroyed session cannot be stored again: longer than any request that began before. */
export const TOMBSTONE_MS = 24 * 60 * 60 * 1000
/** The same for a session that was never stored. Short, because the request that would store it has begun already. */
export const FORBIDDEN_MS = 2 * 60 * 1000
/** More than a person has devices. The limit stops a script that signs in again and again. */
export const MAX_SIGN_INS_PER_USER = 1_000
/** An entry of the index stays this much longer than its sign-in, because clocks differ. */
export const INDEX_SLACK_MS = 60_000

export interface SessionStoreOptions {
  tombstoneMs?: number
  /** Default: `MAX_SIGN_INS_PER_USER`. */
  maxPerUser?: number
  now?: () => number
}
