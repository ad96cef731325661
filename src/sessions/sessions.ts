/**
 * Session records by session id. What a record holds is none of a store's business: it is sealed. All methods throw a
 * `StorageError` when the store cannot be reached, so that trouble is never taken for "not signed in".
 */
export interface SessionStore {
  /** The record; `null` when there is none, or no more. */
  get(id: string): Promise<Buffer | null>
  /** Does nothing for a session that was destroyed: a slow parallel request cannot undo a sign-out. */
  set(id: string, record: Buffer, ttlMs: number): Promise<void>
  /** Destroys a record. Where there is none, it leaves nothing behind. */
  destroy(id: string): Promise<void>
  /** Destroys a record, and forbids it for a short time where it is not there yet: it may just be on its way. */
  forbid(id: string): Promise<void>
  readonly signIns: SignInIndex
}

/** A sign-in of a user, and the session that it is in. */
export interface IndexedSignIn {
  id: string
  sessionId: string
}

/**
 * Which sign-ins a user has, so that all of them can be ended at a cost that follows their number. A sign-in is named by
 * the id of its first session. An entry is written once, with the end of the sign-in, and never needs renewing.
 */
export interface SignInIndex {
  /** Adds a sign-in. Beyond `MAX_SIGN_INS_PER_USER` the sessions of the oldest are destroyed. `endsAt` in ms since the epoch. */
  add(userId: string, id: string, endsAt: number): Promise<void>
  /**
   * Notes that a sign-in is in another session now. Returns the session that it was in before. `null`: the sign-in has
   * ended, and must not be kept in any session.
   */
  move(userId: string, id: string, sessionId: string): Promise<string | null>
  /** Takes a sign-in out. Returns the session that it was in, `null` when it was out already. */
  remove(userId: string, id: string): Promise<string | null>
  list(userId: string): Promise<IndexedSignIn[]>
}

/** A session that was destroyed stays destroyed for this long: longer than any request that began before. */
export const TOMBSTONE_MS = 24 * 60 * 60 * 1000
/** The same for one that was forbidden before it was stored. Short: the request that stores it has begun already. */
export const FORBIDDEN_MS = 2 * 60 * 1000
/** More devices than anybody has; a bound against a script that signs in for ever. */
export const MAX_SIGN_INS_PER_USER = 1_000
/** An entry of the index outlives its sign-in by this much, as clocks differ. */
export const INDEX_SLACK_MS = 60_000

export interface SessionStoreOptions {
  tombstoneMs?: number
  /** Default: `MAX_SIGN_INS_PER_USER`. */
  maxPerUser?: number
  now?: () => number
}
