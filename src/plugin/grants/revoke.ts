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

/** A grant that has ended here. `outcome`: whether Google confirmed it, or why that is not known. */
interface Ended {
  grant: GrantRef
  outcome: boolean | TokenRevokeError
}

/** Credentials first, then Google, then the sessions, so that a call that failed can be repeated. The app is told last. */
export function createRevoke({ settings, grants, ender, sessions, log }: RevokeParts): Revoke {
  /** `null`: there was nothing to end. */
  const endOne = async (grant: GrantRef): Promise<Ended | null> => {
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
    return { grant, outcome }
  }
  return async (owner, account) => {
    const ownToo = settings.isOwn({ owner, account: owner })
    const all = account === undefined || (ownToo && account === owner)
    const listed = all ? (await grants.list(owner)).map((held) => held.account) : [account]
    const accounts = new Set(all && ownToo ? [...listed, owner] : listed)
    // Side by side: when Google is silent, each takes until its time limit.
    const ends = await Promise.allSettled([...accounts].map((name) => endOne({ owner, account: name })))
    const ended = ends.flatMap((end) => (end.status === 'fulfilled' && end.value !== null ? [end.value] : []))
    try {
      for (const end of ends) if (end.status === 'rejected') throw end.reason
      if (all && ownToo) await sessions.endAll(owner)
    } finally {
      for (const { grant } of ended) await runHook(log, 'onRevoke', () => settings.given.onRevoke?.(grant))
    }
    for (const { outcome } of ended) if (outcome instanceof TokenRevokeError) throw outcome
    return ended.length > 0 && ended.every(({ outcome }) => outcome === true)
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
