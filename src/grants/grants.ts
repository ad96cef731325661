import type { Change, GrantRef, StorageFor } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'

/**
 * How long a grant and its entries in indexes are kept after the last write: Google ends refresh tokens that were not used for
 * six months.
 */
export const RECORD_LIFE_MS = 180 * 24 * 60 * 60 * 1000

/** A stored grant, as a listing gives it. */
export interface HeldGrant {
  account: string
  /** When the account was connected for the first time, in milliseconds since the epoch; 0 when it is not known. */
  connectedAt: number
  /** `'unreadable'`: a record that does not open. */
  token: Token | 'unreadable'
}

/** What is stored after a new grant was stored. */
export interface StoredGrant {
  /** What is stored now. It is another token when another caller wrote at the same time. */
  stored: Token | null
  /**
   * The grants of this account may just have been ended at Google. Milliseconds until that call is over, 0 when it is over
   * already; `null` when there was none.
   */
  revokingMs: number | null
}

/**
 * The grants of all owners: their records, the accounts of each owner, and the ends that are under way. All methods throw a
 * `StorageError` when the store cannot be reached, and a `TypeError` for an owner or account that cannot be a name.
 *
 * An owner's own account (owner and account are one, in sign-in mode) is in no index: it is found by its name.
 */
export interface Grants {
  /** The slot of a grant. What is put there is a grant like any other: it is in the index of its owner and among the holders. */
  storageFor: StorageFor
  /** The same slot, for calls of APIs: with a cache, `get` may give what was stored a moment ago. */
  callStorageFor: StorageFor
  /**
   * Stores a new grant: a sign-in or a connect. Between this call's write and `ends.begin` of another owner, at least one of
   * the two sees the other: either this one gets `revokingMs`, or the other finds the record.
   */
  store(grant: GrantRef, change: Change): Promise<StoredGrant>
  /** All grants of an owner, the default one first, then in the order of connecting. One round trip. */
  list(owner: string): Promise<HeldGrant[]>
  /** The account that the owner made the default, else the one connected first; `null` for none. */
  defaultAccount(owner: string): Promise<string | null>
  /** Makes an account the default. `false`: it is not connected. */
  makeDefault(owner: string, account: string): Promise<boolean>
  /**
   * All grants of all owners, in pages and in any order. A grant that exists during the whole listing is listed; one may be
   * listed twice. Stops at `signal`.
   */
  pages(signal?: AbortSignal): AsyncIterable<GrantRef[]>
  readonly ends: GrantEnds
}

/** What is remembered of ends that are under way, so that a process that was killed leaves none of them half done. */
export interface GrantEnds {
  /** Remembers, before anything is deleted, that this grant ends. The token is sealed. */
  note(grant: GrantRef, token: Token): Promise<void>
  /** The token of an end that is not finished; `null` when there is none. */
  noted(grant: GrantRef): Promise<Token | 'unreadable' | null>
  /** The end is finished, or given up. */
  forget(grant: GrantRef): Promise<void>
  /** Ends that were noted more than `olderThanMs` ago and are not finished: at most 100. */
  unfinished(olderThanMs: number): Promise<GrantRef[]>
  /**
   * The owners that may have a grant of this account. An entry without a record does not count: `letGo` removes it, unless the
   * owner has stored a new grant since.
   */
  holders(account: string): Promise<Holder[]>
  letGo(account: string, holder: Pick<Holder, 'owner' | 'version'>): Promise<void>
  /** Says that the grants of this account may be ended at Google within `forMs`; returns the name for `done`. */
  begin(account: string, forMs: number): Promise<string>
  /** The call to Google is over. A grant that was exchanged before and is stored later still learns of it, for a minute. */
  done(account: string, name: string): Promise<void>
  /** As `StoredGrant.revokingMs`. */
  revokingMs(account: string): Promise<number | null>
}

export interface Holder {
  owner: string
  /** Another one at each store. */
  version: string
  /** Milliseconds since that store began. */
  ageMs: number
}

/** How long a grant that was exchanged before a revocation can be stored after it: longer than a return takes. */
export const REVOCATION_MEMORY_MS = 60_000
/** The most ends that are taken up at once. */
export const MOST_UNFINISHED = 100
