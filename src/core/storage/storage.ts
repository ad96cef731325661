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
 * One slot, which holds the token of one grant.
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

/**
 * A grant, by its names: what the Google account `account` (a `sub`) allowed for `owner`, whose credentials they are in
 * the app. Somebody who signs in owns the grant of their own account: there both names are the user's `sub`.
 */
export interface GrantRef {
  readonly owner: string
  readonly account: string
}

/** The slot of one grant. Cheap: it is made anew for every request. */
export type StorageFor = (owner: string, account: string) => Storage
