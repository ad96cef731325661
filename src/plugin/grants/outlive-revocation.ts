import { setTimeout as sleep } from 'node:timers/promises'
import { AccessTokenRefreshError, GrantLostError } from '../../core/errors/grant.js'
import { FlowExchangeError } from '../../core/errors/exchange.js'
import type { GrantRef } from '../../core/storage/storage.js'
import { isLiving } from '../../core/token/lost.js'
import type { Grants } from '../../grants/grants.js'
import type { Clients } from './clients.js'

/** The longest wait for a call to Google that another process makes. */
const LONGEST_WAIT_MS = 15_000
const PAUSE_MS = 50

/**
 * Makes sure that a grant that was just stored lives. Google ends all grants of an account at once, so the end of another
 * owner's grant may have ended this one as well. Throws a `FlowExchangeError` (400) then, and the record is gone.
 * `revokingMs` is that of `StoredGrant`.
 */
export type OutliveRevocation = (grant: GrantRef, revokingMs: number | null) => Promise<void>

export function createOutliveRevocation({ ends, storageFor }: Grants, clients: Clients): OutliveRevocation {
  return async (grant, revokingMs) => {
    if (revokingMs === null) return
    const deadline = performance.now() + LONGEST_WAIT_MS
    for (let left: number | null = revokingMs; left !== null && left > 0 && performance.now() < deadline;) {
      await sleep(PAUSE_MS)
      left = await ends.revokingMs(grant.account)
    }
    if (!(await isLost(grant, clients)) && isLiving(await storageFor(grant.owner, grant.account).get())) return
    await storageFor(grant.owner, grant.account).delete()
    throw new FlowExchangeError('revoked_meanwhile', 'code')
  }
}

async function isLost(grant: GrantRef, clients: Clients): Promise<boolean> {
  try {
    return (await clients.tokenOf(grant).renewUnless(() => false)) === 'lost'
  } catch (error) {
    // Without a refresh token, or with trouble at Google, it cannot be found out. A later use of the grant does.
    if (error instanceof AccessTokenRefreshError || error instanceof GrantLostError) return false
    throw error
  }
}
