import type { FastifyBaseLogger } from 'fastify'
import type { Claims } from '../../claims/claims.js'
import { claimName } from '../../claims/once.js'
import type { VerifySecurityEvent } from '../../core/risc/verify.js'
import type { BackgroundTasks } from '../background-tasks.js'
import { EVENT } from '../log-events.js'
import { runHook } from '../run-hook.js'
import type { GoogleAuthOptions } from '../types/options.js'
import type { SecurityEventNotice } from '../types/events.js'
import type { ApplyEvent } from './effects.js'

/** How long an event is remembered: far longer than a sender tries to deliver it. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000

/**
 * Verifies a security event token, stores its effects, and tells the app behind the answer. Throws a `SecurityEventRefusal` for a
 * token that is not accepted, and a `TransmitterUnavailable` or a `StorageError` for trouble that passes.
 */
export type Receive = (jwt: string) => Promise<void>

export interface ReceiveParts {
  verify: VerifySecurityEvent
  claims: Claims
  apply: ApplyEvent
  onSecurityEvent: GoogleAuthOptions['onSecurityEvent']
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/** The token is claimed after the effects, so that one that could not be stored is done again when Google sends it again. */
export function createReceive({ verify, claims, apply, onSecurityEvent, background, log }: ReceiveParts): Receive {
  const tell = async (notice: SecurityEventNotice): Promise<void> => {
    log.info({ event: EVENT.securityEvent, ...notice }, 'Google sent a security event')
    await runHook(log, 'onSecurityEvent', () => onSecurityEvent?.(notice))
  }
  return async (jwt) => {
    const { jti, events } = await verify(jwt)
    const name = claimName('risc', jti)
    if ((await claims.outcome(name)) !== null) return
    const notices: SecurityEventNotice[] = []
    for (const event of events) notices.push(await apply(event))
    if (!(await claims.claim(name, REMEMBERED_MS))) return
    for (const notice of notices) background.run(tell(notice))
  }
}
