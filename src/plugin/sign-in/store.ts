import { StorageError } from '../../core/errors/grant.js'
import type { StorageFor } from '../../core/storage/storage.js'
import { grantedOver } from '../../core/token/merge.js'
import type { Token } from '../../core/token/token.js'
import type { GoogleUser } from '../types.js'
import type { Admission } from './admit.js'
import { needsConsent } from './refresh-token-repair.js'

/** How often a sign-in is stored again when other writers come in between. */
const MAX_STORE_TRIES = 3

/** A user whose credentials are stored: plain data, without a token. */
export interface SignedIn {
  /** With all scopes that are granted by now. */
  user: GoogleUser
  /** No refresh token is stored: one consent round would bring one. */
  needsConsent: boolean
  /** Without a refresh token, access ends with the access token. */
  hasRefreshToken: boolean
}

/**
 * Stores what Google granted, over what was there. `mayAsk`: whether the user can be sent to Google once more for a refresh
 * token. Throws a `StorageError`.
 */
export type Store = (admission: Admission, mayAsk: boolean) => Promise<SignedIn>

export function createStore(storageFor: StorageFor, accessType: 'offline' | 'online'): Store {
  return async ({ user, granted }, mayAsk) => {
    const storage = storageFor(user.sub, user.sub)
    let ask = false
    const change = (current: Token | null): Token => {
      const next = grantedOver(granted, current)
      const now = Date.now()
      ask = mayAsk && accessType === 'offline' && needsConsent(next, now)
      return ask ? next.with({ consentAskedAt: now }) : next
    }
    for (let tries = 0; tries < MAX_STORE_TRIES; tries++) {
      const stored = await storage.update(change)
      if (stored?.accessToken === granted.accessToken)
        return {
          user: { ...user, scopes: [...stored.scopes] },
          needsConsent: ask,
          hasRefreshToken: stored.refreshToken !== undefined
        }
    }
    throw new StorageError('The credentials could not be stored. Try again.')
  }
}
