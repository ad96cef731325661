import type { Token } from '../token/token.js'

/**
 * The longest that one refresh takes, all of its tries together. Every lease on a slot lasts longer, so that a process
 * which is at work never loses its lease.
 */
export const REFRESH_BUDGET_MS = 8_000

/** Computes what shall be stored from what is; `null` deletes; the very object that was given leaves it as it is. */
export type Change = (current: Token | null) => Promise<Token | null> | Token | null

export interface UpdateOptions {
  /** `false`: when somebody else is at it, do nothing but return what is stored. */
  wait?: boolean
  /** What would do: a waiter stops, and returns, as soon as this holds for what is stored. */
  until?: (current: Token | null) => boolean
}

/**
 * One user's one slot for a token.
 *
 * `update` runs `change` while nobody else, in any process, does so for this slot, stores what it returns and returns
 * that. What was computed under a lease that has been lost, or over a record that has since been replaced or deleted,
 * is not stored: `update` then returns what is stored instead.
 *
 * `get` throws a `GrantLostError` for a record that cannot be read, and every method a `StorageError` when the storage
 * cannot be reached.
 */
export interface Storage {
  get(): Promise<Token | null>
  put(token: Token): Promise<void>
  delete(): Promise<void>
  update(change: Change, options?: UpdateOptions): Promise<Token | null>
}

/** Gives the slot of a user, by the `sub` of the ID token. Cheap: made anew for every request. */
export type StorageFor = (userId: string) => Storage
