import { LoginRequiredError } from '../../core/errors/sign-in.js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PRIVATE_HEADERS, redirectTo, type Answer } from '../http/error-responses.js'
import { endGrant, type EndParts } from '../grants/end-grant.js'
import { isNavigation, queryOf } from '../http/navigation.js'
import type { SignInRounds } from '../sign-in/redirect-loop-guard.js'
import type { StartUrls } from '../sign-in/start-url.js'
import { told } from '../run-hook.js'

export interface EndRouteParts extends EndParts {
  urls: StartUrls
  rounds: SignInRounds
}

/** `POST /auth/signout`: ends this session. Google keeps the grant, and so do we: the next sign-in is one click. */
export function signOutRoute({ settings, sessions, urls, rounds }: EndRouteParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const user = request.googleUser
    const answer = done(request, urls)
    await sessions.signOut(request, reply)
    rounds.settle(request, reply)
    if (user !== null) await told(request.log, 'onSignOut', () => settings.given.onSignOut?.(request, user))
    return answer
  }
}

/**
 * `POST /auth/revoke`: ends the grant at Google (there for the whole Cloud project), deletes the credentials and ends
 * every session of the user, also when Google does not answer.
 */
export function revokeRoute({ urls, rounds, ...parts }: EndRouteParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const user = request.googleUser
    if (user === null) throw new LoginRequiredError()
    const answer = done(request, urls)
    await endGrant(parts, user.sub, request.log)
    await parts.sessions.signOut(request, reply)
    rounds.settle(request, reply)
    return answer
  }
}

function done(request: FastifyRequest, urls: StartUrls): Answer {
  if (isNavigation(request)) return redirectTo(urls.returnTo(queryOf(request).get('return_to')), 303)
  return { statusCode: 204, headers: PRIVATE_HEADERS, body: '' }
}
