/** What a session holds: data that survives JSON. */
export type SessionData = Record<string, unknown>

/**
 * Sessions by id, and the ids of every user's sessions. All methods throw a `StorageError` when the store cannot be
 * reached, so that trouble is never taken for "not signed in".
 */
export interface Sessions {
  /** `null`: there is none, or no more. */
  get(id: string): Promise<SessionData | null>
  /** Does nothing for a session that was destroyed: a slow parallel request cannot undo a sign-out. */
  set(id: string, session: SessionData, ttlMs: number): Promise<void>
  destroy(id: string): Promise<void>
  readonly index: SessionIndex
}

/** Which sessions a user has, so that all of them can be ended at a cost that follows their number. */
export interface SessionIndex {
  /** Adding it again renews it. Beyond `MAX_SESSIONS_PER_USER` those that end first are destroyed. `expiresAt` in ms since the epoch. */
  add(userId: string, id: string, expiresAt: number): Promise<void>
  remove(userId: string, ...ids: string[]): Promise<void>
  list(userId: string): Promise<string[]>
}

/** A session that was destroyed stays destroyed for this long: longer than any request that began before. */
export const TOMBSTONE_MS = 24 * 60 * 60 * 1000
/**
 * The same where no session was stored yet, but one may just be on its way (a sign-in that is being answered). Short, as
 * signing out without ever having signed in must not fill the store.
 */
export const UNSAVED_TOMBSTONE_MS = 2 * 60 * 1000
/** More devices than anybody has; a bound against a script that signs in for ever. */
export const MAX_SESSIONS_PER_USER = 1_000
/** An entry of the index outlives its session by this much, as clocks differ. */
export const INDEX_SLACK_MS = 60_000

export interface SessionsOptions {
  tombstoneMs?: number
  /** Default: `MAX_SESSIONS_PER_USER`. */
  maxPerUser?: number
  now?: () => number
}
