import { setTimeout as sleep } from 'node:timers/promises'
import { GrantLostError } from '../../core/errors/grant.js'
import { StorageError } from '../../core/errors/storage.js'
import type { Change, GrantRef } from '../../core/storage/storage.js'
import { isLiving, markedLost } from '../../core/token/lost.js'
import type { Token } from '../../core/token/token.js'
import type { Grants } from '../../grants/grants.js'

/** How long an event waits for another caller that changes the grant. Google waits for the answer meanwhile, and sends again. */
const BUSY_LIMIT_MS = 5_000
const BUSY_PAUSE_MS = 50

/** Which grant is lost, and why. */
export interface Loss {
  /** The name of the event. */
  reason: string
  /** Whether the event is about this token. Default: about any. */
  isMeant?: (token: Token) => boolean
}

/**
 * Marks a grant lost, and tells of it when this call did so. `false`: there is no such grant. Throws a `StorageError`
 * when another caller changes the grant for too long.
 */
export type LoseGrant = (grant: GrantRef, loss: Loss) => Promise<boolean>

/** `tell` runs behind the answer: the sender of the event does not wait for a hook of the app. */
export function createLoseGrant(grants: Grants, tell: (grant: GrantRef, error: GrantLostError) => void): LoseGrant {
  return async (grant, { reason, isMeant = () => true }) => {
    const storage = grants.storageFor(grant.owner, grant.account)
    const deadline = performance.now() + BUSY_LIMIT_MS
    const error = new GrantLostError(reason)
    error.grant = { ...grant }
    for (;;) {
      const look: Look = { seen: undefined, isMarked: false }
      const stored = await storage.update(marking(look, isMeant, error), { wait: false }).catch(unreadable)
      const { seen, isMarked } = look
      // A fresh grant that was stored meanwhile is looked at again.
      if (seen !== undefined && !(isMarked && isLiving(stored))) {
        if (isMarked && stored !== null) tell(grant, error)
        return seen !== null && (isMarked || seen.lost?.reason === reason || isMeant(seen))
      }
      if (performance.now() > deadline) throw new StorageError('Another process is changing the grant. Try again.')
      await sleep(BUSY_PAUSE_MS)
    }
  }
}

/** What was stored when the slot was ours. */
interface Look {
  /** `undefined` while another caller is at it. */
  seen: Token | null | undefined
  isMarked: boolean
}

/** Marks the token lost if it is meant, and notes in `look` what was there. */
function marking(look: Look, isMeant: (token: Token) => boolean, error: GrantLostError): Change {
  return (current) => {
    look.seen = current
    if (!isLiving(current) || !isMeant(current)) return current
    look.isMarked = true
    return markedLost(current, error, Date.now())
  }
}

/** A record that does not open is not a grant, so it cannot be lost. */
function unreadable(error: unknown): null {
  if (error instanceof GrantLostError) return null
  throw error
}
