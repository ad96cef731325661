import type { FastifyReply, FastifyRequest } from 'fastify'
import { TokenRevokeError } from '../../core/errors/grant.js'
import { isId } from '../../core/storage/grant-names.js'
import type { Revoke } from '../grants/revoke.js'
import { PRIVATE_HEADERS, redirectTo, type PlainResponse } from '../http/error-responses.js'
import { isNavigation, queryOf } from '../http/navigation.js'
import { requiredPrincipal, type PrincipalOf } from '../principal/principal.js'
import { runHook } from '../run-hook.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { GoogleAuthOptions } from '../types/options.js'

export interface SignOutParts {
  sessions: UserSessions
  urls: StartUrls
  onSignOut: GoogleAuthOptions['onSignOut']
}

export interface RevokeRouteParts {
  principalOf: PrincipalOf
  sessions: UserSessions
  urls: StartUrls
  revoke: Revoke
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
 * `POST /auth/revoke`: deletes credentials and ends the grant at Google: that of `account`, or all of the owner. The own account
 * of a signed-in user counts as all, and ends all sessions. It is done even if Google does not answer.
 */
export function revokeRoute({ principalOf, sessions, urls, revoke }: RevokeRouteParts): Route {
  return async (request, reply) => {
    const { via, owner } = requiredPrincipal(principalOf, request)
    const account = queryOf(request).get('account') ?? undefined
    // What cannot be the name of an account is not connected.
    if (account === undefined || isId(account)) await revoke(owner, account).catch(unconfirmed)
    if (via === 'session' && (account === undefined || account === owner)) await sessions.end(request, reply)
    return done(request, urls)
  }
}

/** Google is asked again behind the request, and the hook `onRevokeFailed` is told in the end. */
function unconfirmed(error: unknown): void {
  if (!(error instanceof TokenRevokeError)) throw error
}

/** The response after the work is done. Throws a `ReturnToError` for a wrong `return_to`, which undoes nothing. */
function done(request: FastifyRequest, urls: StartUrls): PlainResponse {
  if (isNavigation(request)) return redirectTo(urls.returnTo(queryOf(request).get('return_to')), 303)
  return { statusCode: 204, headers: PRIVATE_HEADERS, body: '' }
}
