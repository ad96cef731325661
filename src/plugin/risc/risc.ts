import type { FastifyBaseLogger } from 'fastify'
import { GOOGLE_ISSUER } from '../../core/provider/endpoints.js'
import { tokenNames } from '../../core/risc/token-names.js'
import { transmitterSource } from '../../core/risc/transmitter.js'
import { securityEventVerifier } from '../../core/risc/verify.js'
import { CHANNELS } from '../../core/channels.js'
import { tracedLoss } from '../../core/credentials/traced-refresh.js'
import type { GrantLostError } from '../../core/errors/grant.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { Fetch } from '../../core/lib/url.js'
import type { BackgroundTasks } from '../background-tasks.js'
import { createTellGrantLost } from '../grants/tell-grant-lost.js'
import type { Settings } from '../options/options.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { Stores } from '../stores.js'
import { createApplyEvent } from './effects.js'
import { createLoseGrant } from './lose-grant.js'
import { createReceive } from './receive.js'
import type { Route } from '../http/route.js'
import { riscRoute } from './risc-route.js'

export interface RiscParts {
  settings: Settings
  stores: Stores
  sessions: UserSessions
  /** Bounded in time and size; see `providerFetch`. */
  fetch: Fetch
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/** The routes of Cross-Account Protection: one with the option `risc`, else none. */
export function riscRoutes(parts: RiscParts): Route[] {
  const { settings, stores, sessions, fetch, background, log } = parts
  const { risc, secrets, paths, given, issuer = GOOGLE_ISSUER } = settings
  if (risc === null) return []
  const { grants, claims, tokens } = stores
  const tellGrantLost = createTellGrantLost(given, log)
  const tellBehind = (grant: GrantRef, error: GrantLostError): void => {
    const tell = (): Promise<void> => tellGrantLost(grant, error)
    background.run(CHANNELS.grantLost.hasSubscribers ? tracedLoss(error, grant, tell) : tell())
  }
  const apply = createApplyEvent({
    settings,
    grants,
    sessions,
    signIns: stores.sessions.signIns,
    tokens,
    tokenNames: tokenNames(secrets),
    loseGrant: createLoseGrant(grants, tellBehind)
  })
  const transmitter = transmitterSource(issuer, fetch)
  const verify = securityEventVerifier({ transmitter, issuer, audiences: risc.audiences })
  const { onSecurityEvent } = given
  return [riscRoute(paths.risc, createReceive({ verify, claims, apply, onSecurityEvent, background, log }))]
}
