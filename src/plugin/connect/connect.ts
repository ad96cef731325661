import type { FastifyRequest } from 'fastify'
import { FlowExchangeError } from '../../core/errors/exchange.js'
import { GrantLostError } from '../../core/errors/grant.js'
import { StorageError } from '../../core/errors/storage.js'
import type { OAuth2Credentials } from '../../core/credentials/oauth2.js'
import type { IdTokenClaims } from '../../core/provider/id-token-claims.js'
import type { GrantRef } from '../../core/storage/storage.js'
import { connectedOver } from '../../core/token/merge.js'
import { missingFrom } from '../../core/token/scopes.js'
import type { AccountProfile, Token } from '../../core/token/token.js'
import type { Grants } from '../../grants/grants.js'
import type { Clients } from '../grants/clients.js'
import type { GrantEnder } from '../grants/end-grant.js'
import type { OutliveRevocation } from '../grants/outlive-revocation.js'
import { found } from '../../core/storage/found.js'
import type { GoogleAuthOptions } from '../types/options.js'
import { warnOfSevenDays } from '../warnings/in-requests.js'
import type { Warnings } from '../warnings/warnings.js'

/** How often a connect is stored again when another request writes at the same time. */
const MAX_STORE_TRIES = 3

export interface ConnectParts {
  grants: Grants
  clients: Clients
  ender: GrantEnder
  outliveRevocation: OutliveRevocation
  onConnect: GoogleAuthOptions['onConnect']
  warnings: Warnings
}

/** An account that is connected. It holds no token. */
export interface Connected {
  grant: GrantRef
  profile: AccountProfile
  /** All scopes that are granted now. */
  scopes: string[]
  /** Those that the user has just allowed, but a visit to Google that asks for all together must grant; empty for none. */
  waiting: string[]
}

/**
 * Asks the app (`onConnect`) about freshly exchanged credentials for `owner`, and stores the grant. `asked`: the scopes that Google
 * was asked for, where they are known.
 */
export type Connect = (
  request: FastifyRequest,
  owner: string,
  credentials: OAuth2Credentials,
  asked?: readonly string[]
) => Promise<Connected>

export function createConnect(parts: ConnectParts): Connect {
  const { grants, clients, ender, outliveRevocation, onConnect, warnings } = parts

  const store = async (
    request: FastifyRequest,
    grant: GrantRef,
    profile: AccountProfile,
    fresh: Token,
    asked: readonly string[] | undefined
  ): Promise<Connected> => {
    const before = await found(grants.storageFor(grant.owner, grant.account))
    const event = { ...grant, profile, grantedScopes: [...fresh.scopes], firstConnect: before === null }
    await onConnect?.(request, event)
    if (before !== null && before !== 'unreadable') await checkWider(clients, grant, fresh, before)
    let next = fresh
    for (let tries = 0; tries < MAX_STORE_TRIES; tries++) {
      const { stored, revokingMs } = await grants.store(
        grant,
        (current) => (next = connectedOver(fresh, current, asked))
      )
      // The owner disconnected the account meanwhile, and an end stays an end.
      if (stored === null) throw new FlowExchangeError('disconnected_meanwhile', 'code')
      if (stored.accessToken !== next.accessToken) continue
      await outliveRevocation(grant, revokingMs)
      const waiting = asked === undefined ? [] : missingFrom(stored.scopes, fresh.scopes)
      return { grant, profile, scopes: [...stored.scopes], waiting }
    }
    throw new StorageError('The account was changed by other requests. Try again.')
  }

  return async (request, owner, { idToken, first }, asked) => {
    warnOfSevenDays(warnings, first)
    if (idToken === null) throw new FlowExchangeError('id_token_missing', 'trouble')
    const grant = { owner, account: idToken.sub }
    const profile = profileOf(idToken)
    const fresh = first.with({ profile })
    try {
      return await store(request, grant, profile, fresh, asked)
    } catch (error) {
      // The app refused, or the grant was not stored. It ends, unless this owner or another has a living one.
      await ender.endFresh(grant, fresh)
      throw error
    }
  }
}

/** A wider grant that is stored is kept only while it lives. A dead one is marked lost, so that the fresh one replaces it. */
async function checkWider(clients: Clients, grant: GrantRef, fresh: Token, before: Token): Promise<void> {
  if (before.lost !== undefined || missingFrom(fresh.scopes, before.scopes).length === 0) return
  await clients
    .tokenOf(grant)
    .renewUnless(() => false)
    .catch((error: unknown) => {
      if (!(error instanceof GrantLostError)) throw error
    })
}

function profileOf({ email, name, picture, hd }: IdTokenClaims): AccountProfile {
  const fields = { email, name, picture, hostedDomain: hd }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => typeof value === 'string'))
}
