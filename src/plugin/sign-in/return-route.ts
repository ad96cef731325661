import type { FastifyReply, FastifyRequest } from 'fastify'
import { LoginAttemptError } from '../../core/errors/sign-in.js'
import { sessionIdOf } from '../../sessions/session-id.js'
import type { PlainResponse } from '../http/error-responses.js'
import { queryOf } from '../http/navigation.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { Warnings } from '../warnings/warnings.js'
import type { AttemptCookies, HeldAttempt } from './attempt-cookies.js'
import type { ReturnPurpose } from './return-purpose.js'
import type { ExchangeOnce } from './exchange-once.js'
import type { RedirectLoopGuard } from './redirect-loop-guard.js'
import { watchReturns } from './report.js'

export interface ReturnParts {
  attempts: AttemptCookies
  exchangeOnce: ExchangeOnce
  loopGuard: RedirectLoopGuard
  sessions: Pick<UserSessions, 'signInOf'>
  warnings: Warnings
  /** What an attempt is for; for a return without one, what explains what is wrong. */
  purposeOf: (held: HeldAttempt | undefined) => ReturnPurpose<object>
}

/** `GET /auth/return`: takes the attempt with the matching `state`, once, and finishes what it began. */
export function returnRoute({ attempts, exchangeOnce, loopGuard, sessions, warnings, purposeOf }: ReturnParts) {
  return watchReturns(async (request: FastifyRequest, reply: FastifyReply): Promise<PlainResponse> => {
    const query = queryOf(request)
    let held: HeldAttempt | undefined
    try {
      held = attempts.take(request, reply, stateIn(query))
      const attempt = held
      const purpose = purposeOf(attempt)
      purpose.check(request, attempt)
      const grant = purpose.read(query, attempt)
      // The sign-in of a moment ago has left no session in this browser.
      if (
        attempt.connectOf === undefined &&
        loopGuard.isLoop(request, attempt.returnTo, 1) &&
        sessions.signInOf(request) === null
      )
        warnings.tell('GOOGLE_AUTH_WARN_SESSION_NOT_SAVED')
      const id = sessionIdOf(attempt.attempt, query.get('code') ?? '')
      const finished = await exchangeOnce(id, () => purpose.finish(request, grant, attempt, id))
      const response = await purpose.answer(request, reply, attempt, { id, ...finished })
      loopGuard.count(request, reply, attempt.returnTo)
      return response
    } catch (error) {
      return purposeOf(held).failed(request, reply, held, error)
    }
  })
}

function stateIn(query: URLSearchParams): string {
  const [state, ...more] = query.getAll('state')
  if (more.length > 0) throw new LoginAttemptError('malformed')
  if (state === undefined || state === '') throw new LoginAttemptError('missing')
  return state
}
