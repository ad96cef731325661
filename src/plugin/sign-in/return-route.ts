import type { FastifyReply, FastifyRequest } from 'fastify'
import { LoginAttemptError } from '../../core/errors/sign-in.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { redirectTo, type PlainResponse } from '../http/error-responses.js'
import { queryOf } from '../http/navigation.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { Admit } from './admit.js'
import type { AttemptCookies, HeldAttempt } from './attempt-cookies.js'
import type { ExchangeOnce } from './exchange-once.js'
import type { FailedReturn } from './failed-return.js'
import type { RedirectLoopGuard } from './redirect-loop-guard.js'
import type { Question, Settle } from './settle.js'
import type { GoToGoogle } from './start-route.js'
import type { Store } from './store.js'

export interface ReturnParts {
  flow: OAuth2WebServerFlow
  attempts: AttemptCookies
  /** The steps from a return to a session. */
  steps: { exchangeOnce: ExchangeOnce; admit: Admit; store: Store; settle: Settle }
  sessions: UserSessions
  loopGuard: RedirectLoopGuard
  goToGoogle: GoToGoogle
  failed: FailedReturn
}

/** `GET /auth/return`: takes the attempt with the matching `state`, once, and signs the user in. */
export function returnRoute({ flow, attempts, steps, sessions, loopGuard, goToGoogle, failed }: ReturnParts) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<PlainResponse> => {
    const query = queryOf(request)
    let held: HeldAttempt | undefined
    try {
      held = attempts.take(request, reply, stateIn(query))
      const { attempt, returnTo, silent, extraRound } = held
      const question = questionOf(held)
      const grant = flow.readReturn(query, attempt)
      const { session, needsConsent, first } = await steps.exchangeOnce(attempt, query.get('code') ?? '', async () => {
        const admission = await steps.admit(request, grant)
        const { user, needsConsent, hasRefreshToken } = await steps.store(admission, silent !== true)
        if (extraRound && !hasRefreshToken) {
          const warning = 'Google gave no refresh token, even with consent. Access ends with the access token.'
          request.log.warn({ userId: user.sub }, warning)
        }
        return { session: await steps.settle(request, user, question), needsConsent }
      })
      if (!first && !(await sessions.join(request, session))) throw new LoginAttemptError('missing')
      loopGuard.count(request, reply)
      if (!needsConsent) return redirectTo(returnTo)
      const asked = { scopes: attempt.scopes, prompt: 'consent', loginHint: request.googleUser?.sub }
      // The user is signed in, with or without this visit.
      return await goToGoogle(request, reply, { ...asked, held: { returnTo, extraRound: true } }).catch(() =>
        redirectTo(returnTo)
      )
    } catch (error) {
      return failed(request, reply, held, error)
    }
  }
}

/** What the attempt asked. The time of sign-in stays when it asked for more access, or when no page was shown. */
function questionOf({ attempt: { scopes }, askedOf, silent, extraRound }: HeldAttempt): Question {
  return { scopes, askedOf, keepsTime: askedOf !== undefined || silent === true || extraRound === true }
}

function stateIn(query: URLSearchParams): string {
  const [state, ...more] = query.getAll('state')
  if (more.length > 0) throw new LoginAttemptError('malformed')
  if (state === undefined || state === '') throw new LoginAttemptError('missing')
  return state
}
