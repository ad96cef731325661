import { StorageError } from '../../core/errors/storage.js'
import { grantedOver } from '../../core/token/merge.js'
import type { Token } from '../../core/token/token.js'
import type { Grants } from '../../grants/grants.js'
import type { GrantEnder } from '../grants/end-grant.js'
import type { OutliveRevocation } from '../grants/outlive-revocation.js'
import type { GoogleUser } from '../types/user.js'
import type { Admission } from './admit.js'
import { needsConsent } from './refresh-token-repair.js'

/** How often a sign-in is stored again when another request writes at the same time. */
const MAX_STORE_TRIES = 3

/** A user whose credentials are stored. It holds no token. */
export interface SignedIn {
  /** With all scopes that are granted now. */
  user: GoogleUser
  /** Whether the user must visit Google once more, for a refresh token. */
  needsConsent: boolean
  /** Whether a refresh token is stored. Without one, access ends with the access token. */
  hasRefreshToken: boolean
}

/**
 * Merges what Google granted with what is stored, and stores it. `mayAsk`: the user can be sent to Google once more for a
 * refresh token. Throws a `StorageError`.
 */
export type Store = (admission: Admission, mayAsk: boolean) => Promise<SignedIn>

export function createStore(
  grants: Grants,
  ender: Pick<GrantEnder, 'endFresh'>,
  outliveRevocation: OutliveRevocation,
  accessType: 'offline' | 'online'
): Store {
  return async ({ user, granted }, mayAsk) => {
    const grant = { owner: user.sub, account: user.sub }
    let ask = false
    const change = (current: Token | null): Token => {
      const next = grantedOver(granted, current)
      const now = Date.now()
      ask = mayAsk && accessType === 'offline' && needsConsent(next, now)
      return ask ? next.with({ consentAskedAt: now }) : next
    }
    for (let tries = 0; tries < MAX_STORE_TRIES; tries++) {
      const { stored, revokingMs } = await grants.store(grant, change)
      if (stored?.accessToken === granted.accessToken) {
        await outliveRevocation(grant, revokingMs).catch(async (error: unknown) => {
          await ender.endFresh(grant, granted)
          throw error
        })
        return {
          user: { ...user, scopes: [...stored.scopes] },
          needsConsent: ask,
          hasRefreshToken: stored.refreshToken !== undefined
        }
      }
    }
    throw new StorageError('The credentials could not be stored. Try again.')
  }
}
