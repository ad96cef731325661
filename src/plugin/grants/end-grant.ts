import type { TokenRevokeError } from '../../core/errors/grant.js'
import type { FastifyBaseLogger } from 'fastify'
import type { Grants } from './user-clients.js'
import type { Settings } from '../options/options.js'
import { told } from '../run-hook.js'
import type { UserSessions } from '../session/user-sessions.js'

export interface EndParts {
  settings: Settings
  sessions: UserSessions
  grants: Grants
}

/**
 * Ends a grant: its credentials are deleted, Google is told, and all sessions of the user end, in this order, so that
 * whatever fails can be done again. Returns what Google's refusal was, or `null`.
 */
export async function endGrant(
  { settings, sessions, grants }: EndParts,
  userId: string,
  log: FastifyBaseLogger
): Promise<TokenRevokeError | null> {
  const refusal = await grants.revoke(userId)
  await sessions.endAll(userId)
  await told(log, 'onRevoke', () => settings.given.onRevoke?.(userId))
  return refusal
}
