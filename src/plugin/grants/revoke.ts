import type { FastifyBaseLogger } from 'fastify'
import { CHANNELS, type RevokeFacts } from '../../core/channels.js'
import { TokenRevokeError } from '../../core/errors/grant.js'
import { traced } from '../../core/lib/traced.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { Grants } from '../../grants/grants.js'
import type { Settings } from '../options/options.js'
import { EVENT } from '../log-events.js'
import { runHook } from '../run-hook.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { GrantEnder } from './end-grant.js'
import { found } from '../../core/storage/found.js'

/**
 * Ends one grant of an owner, or all of them; in sign-in mode the own one ends all, and all sessions. `true`: Google confirmed
 * every end. Throws a `TokenRevokeError` when Google did not confirm one. Here all are gone then, too.
 */
export type Revoke = (owner: string, account?: string) => Promise<boolean>

export interface RevokeParts {
  settings: Settings
  grants: Grants
  ender: GrantEnder
  sessions: UserSessions
  log: FastifyBaseLogger
}

/** Credentials first, then Google, then the sessions, so that a call that failed can be repeated. The app is told last. */
export function createRevoke({ settings, grants, ender, sessions, log }: RevokeParts): Revoke {
  /** `null`: there was nothing to end. */
  const endOne = async (grant: GrantRef): Promise<boolean | null | TokenRevokeError> => {
    const isThere = settings.isOwn(grant) || (await found(grants.storageFor(grant.owner, grant.account))) !== null
    const outcome = await endWatched(ender, grant).catch((error: unknown) => {
      if (error instanceof TokenRevokeError) return error
      throw error
    })
    if (!isThere && outcome === false) return null
    // What Google did not confirm, the ender has logged.
    if (typeof outcome === 'boolean') {
      const facts = { event: EVENT.revoke, outcome: outcome ? 'confirmed' : 'kept', ...grant }
      log.info(facts, outcome ? 'A grant was revoked' : 'A grant has ended here. Google was not asked.')
    }
    return outcome
  }
  return async (owner, account) => {
    const ownToo = settings.isOwn({ owner, account: owner })
    const all = account === undefined || (ownToo && account === owner)
    const listed = all ? (await grants.list(owner)).map((held) => held.account) : [account]
    const accounts = new Set(all && ownToo ? [...listed, owner] : listed)
    const ended = new Map<GrantRef, boolean | TokenRevokeError>()
    try {
      for (const name of accounts) {
        const grant = { owner, account: name }
        const outcome = await endOne(grant)
        if (outcome !== null) ended.set(grant, outcome)
      }
      if (all && ownToo) await sessions.endAll(owner)
    } finally {
      for (const grant of ended.keys()) await runHook(log, 'onRevoke', () => settings.given.onRevoke?.(grant))
    }
    const outcomes = [...ended.values()]
    const failure = outcomes.find((outcome) => outcome instanceof TokenRevokeError)
    if (failure !== undefined) throw failure
    return outcomes.length > 0 && outcomes.every((outcome) => outcome === true)
  }
}

/** Ends a grant, for those who watch. */
function endWatched(ender: GrantEnder, grant: GrantRef): Promise<boolean> {
  if (!CHANNELS.revoke.hasSubscribers) return ender.end(grant)
  const facts: RevokeFacts = { ...grant }
  const work = (): Promise<boolean> =>
    ender.end(grant).catch((error: unknown) => {
      if (error instanceof TokenRevokeError) facts.outcome = 'unconfirmed'
      throw error
    })
  return traced(CHANNELS.revoke, facts, work, (_, confirmed) => (facts.outcome = confirmed ? 'confirmed' : 'kept'))
}
