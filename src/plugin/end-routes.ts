import type { FastifyReply, FastifyRequest } from 'fastify'
import { LoginRequiredError, TokenRevokeError } from '../core/errors.js'
import { PRIVATE_HEADERS, redirectTo, type Answer } from './answers.js'
import type { Grants } from './grants.js'
import { isNavigation, queryOf } from './navigation.js'
import type { Settings } from './options.js'
import type { StartUrls } from './start-url.js'
import type { UserSessions } from './user-sessions.js'

export interface EndParts {
  settings: Settings
  sessions: UserSessions
  grants: Grants
  urls: StartUrls
}

/** `POST /auth/signout`: ends this session. Google keeps the grant, and so do we: the next sign-in is one click. */
export function signOutRoute({ settings, sessions, urls }: EndParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const user = request.googleUser
    const answer = done(request, urls)
    await sessions.signOut(request, reply)
    if (user !== null) await tell(request, 'onSignOut', () => settings.given.onSignOut?.(request, user))
    return answer
  }
}

/**
 * `POST /auth/revoke`: ends the grant at Google (there for the whole Cloud project), deletes the credentials and ends
 * every session of the user, also when Google does not answer.
 */
export function revokeRoute({ settings, sessions, grants, urls }: EndParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const user = request.googleUser
    if (user === null) throw new LoginRequiredError()
    const answer = done(request, urls)
    try {
      await grants.revoke(user.sub)
    } catch (error) {
      if (!(error instanceof TokenRevokeError)) throw error
      request.log.warn({ err: error, userId: user.sub }, 'Google did not confirm a revocation yet')
    }
    await sessions.endAll(user.sub)
    await sessions.signOut(request, reply)
    await tell(request, 'onRevoke', () => settings.given.onRevoke?.(user.sub))
    return answer
  }
}

function done(request: FastifyRequest, urls: StartUrls): Answer {
  if (isNavigation(request)) return redirectTo(urls.returnTo(queryOf(request).get('return_to')), 303)
  return { statusCode: 204, headers: PRIVATE_HEADERS, body: '' }
}

async function tell(request: FastifyRequest, hook: string, run: () => Promise<void> | void): Promise<void> {
  try {
    await run()
  } catch (error) {
    request.log.error({ err: error }, `The hook ${hook} failed`)
  }
}
