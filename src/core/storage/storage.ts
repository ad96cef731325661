import type { Token } from '../token/token.js'

/**
 * The longest time that one refresh takes, all of its tries together. Every lease on a slot lasts longer, so that a
 * process that is refreshing does not lose its lease.
 */
export const REFRESH_BUDGET_MS = 8_000

/**
 * Gives the token to store in place of the current one. `null` deletes it; the same object leaves the slot as it is.
 */
export type Change = (current: Token | null) => Promise<Token | null> | Token | null

export interface UpdateOptions {
  /** `false`: while another caller changes the slot, only return what is stored. */
  wait?: boolean
  /** Accepts a token: a waiter returns what is stored as soon as this holds for it. */
  until?: (current: Token | null) => boolean
}

/**
 * One slot, which holds the token of one grant.
 *
 * `update` runs `change` while no other caller, in any process, does so for this slot. It stores the result and returns
 * it. A result is not stored when the lease was lost, or when what `change` was given has been replaced or deleted
 * meanwhile: `update` then returns what is stored.
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
