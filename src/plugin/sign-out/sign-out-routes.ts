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

/** `POST /auth/signout`: ends this session. The grant and the credentials stay, so the next sign-in is one click. */
export function signOutRoute({ sessions, urls, onSignOut }: SignOutParts): Route {
  return async (request, reply) => {
    const user = request.googleUser
    await sessions.end(request, reply)
    if (user !== null) await runHook(request.log, 'onSignOut', () => onSignOut?.(request, user))
    return done(request, urls)
  }
}

/**
 * `POST /auth/revoke`: deletes the credentials, revokes the grant at Google (for the whole Cloud project) and ends all sessions
 * of the user, even if Google does not answer.
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

/** The response after the work is done. Throws a `ReturnToError` for a wrong `return_to`, which undoes nothing. */
function done(request: FastifyRequest, urls: StartUrls): PlainResponse {
  if (isNavigation(request)) return redirectTo(urls.returnTo(queryOf(request).get('return_to')), 303)
  return { statusCode: 204, headers: PRIVATE_HEADERS, body: '' }
}

/** Ends the grant and the sessions of a user. Returns `null`, or the error when Google did not confirm. */
export type RevokeUser = (userId: string) => Promise<TokenRevokeError | null>

export interface RevokeUserParts {
  endGrant: EndGrant
  sessions: UserSessions
  onRevoke: GoogleAuthOptions['onRevoke']
  log: FastifyBaseLogger
}

/** Credentials first, then Google, then the sessions, so that a call that failed can be repeated. */
export function createRevokeUser({ endGrant, sessions, onRevoke, log }: RevokeUserParts): RevokeUser {
  return async (userId) => {
    const grant = ownGrant(userId)
    const refusal = await endGrant(grant)
    await sessions.endAll(userId)
    await runHook(log, 'onRevoke', () => onRevoke?.(grant))
    return refusal
  }
}
