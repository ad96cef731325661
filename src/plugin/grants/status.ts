import { nearEnd } from '../../core/provider/likely-cause.js'
import { found, type FoundToken } from '../../core/storage/found.js'
import type { Grants } from '../../grants/grants.js'

/** What is known of a grant without asking Google. It holds no token. */
export interface GrantStatus {
  /** `lost`: Google has ended it, or its record cannot be read. `none`: nothing is stored. */
  state: 'active' | 'lost' | 'none'
  /** Why it was lost: `reason` of `GrantLostError`. */
  reason?: string
  /** A guess at why it was lost; for an active grant, the cause of an end that is near. See `GrantLostError`. */
  likelyCause?: string
  /** What Google granted, sign-in scopes by their short names. */
  scopes: string[]
  /** Without one, access ends with the access token. */
  hasRefreshToken: boolean
  /** When the user granted this, in milliseconds since the epoch. */
  grantedAt?: number
  /** When a refresh last brought an access token, in milliseconds since the epoch. */
  refreshedAt?: number
  /** When the access token ends, in milliseconds since the epoch. */
  expiresAt?: number
  /** When the refresh token itself ends (time-based access), in milliseconds since the epoch. */
  refreshTokenExpiresAt?: number
}

/** The scopes of a user's own grant; none for a lost one. Throws a `StorageError`. */
export async function livingScopes(grants: Grants, userId: string): Promise<readonly string[]> {
  const token = await found(grants.storageFor(userId, userId))
  return token === null || token === 'unreadable' || token.lost !== undefined ? [] : token.scopes
}

/** The status of a grant, from what is stored. */
export function statusOf(token: FoundToken, now: number): GrantStatus {
  if (token === null) return { state: 'none', scopes: [], hasRefreshToken: false }
  if (token === 'unreadable') return { state: 'lost', reason: 'unreadable', scopes: [], hasRefreshToken: false }
  const { grantedAt, refreshedAt, expiresAt, refreshTokenExpiresAt, lost } = token
  const likelyCause = lost === undefined ? nearEnd(token, now) : lost.likelyCause
  return {
    state: lost === undefined ? 'active' : 'lost',
    ...(lost === undefined ? {} : { reason: lost.reason }),
    ...present({ likelyCause }),
    scopes: [...token.scopes],
    hasRefreshToken: token.refreshToken !== undefined,
    ...present({ grantedAt, refreshedAt, expiresAt, refreshTokenExpiresAt })
  }
}

/** `fields` without those that are undefined. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
