import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { TokenRevokeError } from '../../core/errors/grant.js'
import { LoginRequiredError } from '../../core/errors/sign-in.js'
import type { EndGrant } from '../grants/end-grant.js'
import { ownGrant } from '../grants/own-grant.js'
import { PRIVATE_HEADERS, redirectTo, type PlainResponse } from '../http/error-responses.js'
import { isNavigation, queryOf } from '../http/navigation.js'
import { runHook } from '../run-hook.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { GoogleAuthOptions } from '../types.js'

export interface SignOutParts {
  sessions: UserSessions
  urls: StartUrls
  onSignOut: GoogleAuthOptions['onSignOut']
  revoke: RevokeUser
}

type Route = (request: FastifyRequest, reply: FastifyReply) => Promise<PlainResponse>

/** `POST /auth/signout`: ends this session. Google keeps the grant, and so do we: the next sign-in is one click. */
export function signOutRoute({ sessions, urls, onSignOut }: SignOutParts): Route {
  return async (request, reply) => {
    const user = request.googleUser
    await sessions.end(request, reply)
    if (user !== null) await runHook(request.log, 'onSignOut', () => onSignOut?.(request, user))
    return done(request, urls)
  }
}

/**
 * `POST /auth/revoke`: ends the grant at Google (there for the whole Cloud project), deletes the credentials and ends
 * every session of the user, also when Google does not answer.
 */
export function revokeRoute({ sessions, urls, revoke }: SignOutParts): Route {
  return async (request, reply) => {
    const user = request.googleUser
    if (user === null) throw new LoginRequiredError()
    await revoke(user.sub)
    await sessions.end(request, reply)
    return done(request, urls)
  }
}

/** What was asked for is done, whatever becomes of the way back. Throws a `ReturnToError`. */
function done(request: FastifyRequest, urls: StartUrls): PlainResponse {
  if (isNavigation(request)) return redirectTo(urls.returnTo(queryOf(request).get('return_to')), 303)
  return { statusCode: 204, headers: PRIVATE_HEADERS, body: '' }
}

/** Ends a user's grant and sessions. Returns what Google's refusal was, or `null`. */
export type RevokeUser = (userId: string) => Promise<TokenRevokeError | null>

export interface RevokeUserParts {
  endGrant: EndGrant
  sessions: UserSessions
  onRevoke: GoogleAuthOptions['onRevoke']
  log: FastifyBaseLogger
}

/** Credentials first, then Google, then the sessions: whatever fails can be done again. */
export function createRevokeUser({ endGrant, sessions, onRevoke, log }: RevokeUserParts): RevokeUser {
  return async (userId) => {
    const grant = ownGrant(userId)
    const refusal = await endGrant(grant)
    await sessions.endAll(userId)
    await runHook(log, 'onRevoke', () => onRevoke?.(grant))
    return refusal
  }
}
