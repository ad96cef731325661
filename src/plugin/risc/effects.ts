import { grantName } from '../../core/storage/grant-names.js'
import type { EventType } from '../../core/risc/event-types.js'
import type { SecurityEvent } from '../../core/risc/security-events.js'
import { isNamedBy, type TokenIdentifier } from '../../core/risc/token-identifier.js'
import type { TokenNames } from '../../core/risc/token-names.js'
import { found } from '../../core/storage/found.js'
import type { GrantRef } from '../../core/storage/storage.js'
import type { Grants } from '../../grants/grants.js'
import type { TokenIndex } from '../../grants/token-index.js'
import type { SessionStore } from '../../sessions/sessions.js'
import type { Settings } from '../options/options.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { SecurityEventNotice } from '../types/events.js'
import type { LoseGrant } from './lose-grant.js'

/** What an event does to its account. The others are only told. */
const EFFECTS: Partial<Record<string, { endsSessions: boolean; endsGrants: boolean }>> = {
  'sessions-revoked': { endsSessions: true, endsGrants: false },
  'tokens-revoked': { endsSessions: true, endsGrants: true },
  'account-disabled': { endsSessions: true, endsGrants: true }
} satisfies Partial<Record<EventType, { endsSessions: boolean; endsGrants: boolean }>>

export interface EffectsParts {
  settings: Settings
  grants: Grants
  sessions: UserSessions
  /** Whether a user is signed in anywhere. */
  signIns: SessionStore['signIns']
  tokens: TokenIndex
  tokenNames: TokenNames
  loseGrant: LoseGrant
}

/** Does what an event asks for, and returns what the app is told. All of it may be done twice. Throws a `StorageError`. */
export type ApplyEvent = (event: SecurityEvent) => Promise<SecurityEventNotice>

export function createApplyEvent(parts: EffectsParts): ApplyEvent {
  const { settings, grants, sessions, signIns, tokens, tokenNames, loseGrant } = parts

  const isSignInAccount = (account: string): boolean => settings.isOwn({ owner: account, account })

  /** The owners of the grants that the event is about, after it has ended what it ends. */
  const applyToAccount = async (account: string, type: string): Promise<string[]> => {
    const { endsSessions = false, endsGrants = false } = EFFECTS[type] ?? {}
    const signsIn = isSignInAccount(account)
    const wasSignedIn = signsIn && (await signIns.list(account)).length > 0
    if (endsSessions && signsIn) await sessions.endAll(account)
    const holders = (await grants.ends.holders(account)).map(({ owner }) => owner)
    const owners = [...new Set([...(signsIn ? [account] : []), ...holders])]
    const hadGrant = await allDone(
      owners.map(async (owner) =>
        endsGrants
          ? loseGrant({ owner, account }, { reason: type })
          : (await found(grants.storageFor(owner, account))) !== null
      )
    )
    return owners.filter((owner, position) => hadGrant[position] || (wasSignedIn && owner === account))
  }

  /** The grants with that refresh token. An entry of the index counts only where the record agrees. */
  const applyToToken = async (identifier: TokenIdentifier, type: string): Promise<GrantRef[]> => {
    const entered = await tokens.find(tokenNames.meantBy(identifier))
    const candidates = [...new Map(entered.map((grant) => [grantName(grant), grant])).values()]
    const isMeant = ({ refreshToken }: { refreshToken: string | undefined }): boolean =>
      refreshToken !== undefined && isNamedBy(refreshToken, identifier)
    const had = await allDone(candidates.map((grant) => loseGrant(grant, { reason: type, isMeant })))
    return candidates.filter((_, position) => had[position])
  }

  return async ({ type, account, token, reason, state }) => {
    const rest = { ...(reason === undefined ? {} : { reason }), ...(state === undefined ? {} : { state }) }
    if (type === ('token-revoked' satisfies EventType) && token !== undefined) {
      const ended = await applyToToken(token, type)
      const named = account ?? ended[0]?.account
      return {
        type,
        ...(named === undefined ? {} : { account: named }),
        owners: ended.map(({ owner }) => owner),
        ...rest
      }
    }
    if (account === undefined) return { type, owners: [], ...rest }
    return { type, account, owners: await applyToAccount(account, type), ...rest }
  }
}

/** All results. When one fails the others are still awaited, so that one busy grant does not keep the others alive. */
async function allDone<T>(works: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works)
  return Promise.all(works)
}
