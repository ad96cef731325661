import type { FastifyBaseLogger } from 'fastify'
import type { GrantLostError } from '../../core/errors/grant.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { GoogleAuthOptions } from '../types/options.js'
import { EVENT } from '../log-events.js'
import { runHook } from '../run-hook.js'

/** Logs that a grant was lost, and tells `onGrantLost`. Never throws. */
export type TellGrantLost = (grant: GrantRef, error: GrantLostError) => Promise<void>

export function createTellGrantLost(
  { onGrantLost }: Pick<GoogleAuthOptions, 'onGrantLost'>,
  log: FastifyBaseLogger
): TellGrantLost {
  return async (grant, error) => {
    const { reason, likelyCause } = error
    log.info({ event: EVENT.grantLost, reason, likelyCause, ...grant, err: error }, 'A grant was lost')
    await runHook(log, 'onGrantLost', () => onGrantLost?.(grant, error))
  }
}
