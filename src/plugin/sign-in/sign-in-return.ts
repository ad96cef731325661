import { LoginAttemptError } from '../../core/errors/sign-in.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { redirectTo } from '../http/error-responses.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { Admit } from './admit.js'
import type { HeldAttempt } from './attempt-cookies.js'
import type { ReturnPurpose } from './return-purpose.js'
import type { FailedReturn } from './failed-return.js'
import { reportSignIn } from './report.js'
import type { Question, Settle } from './settle.js'
import type { GoToGoogle } from './start-route.js'
import type { Store } from './store.js'

export interface SignInReturnParts {
  flow: OAuth2WebServerFlow
  /** The steps from a return to a session. */
  steps: { admit: Admit; store: Store; settle: Settle }
  sessions: UserSessions
  goToGoogle: GoToGoogle
  failed: FailedReturn
}

/** The outcome of a sign-in. `session` is the value that `UserSessions.begin` returned. */
interface Exchanged {
  session: string
  needsConsent: boolean
}

/** A return that signs the user in. */
export function signInReturn({
  flow,
  steps,
  sessions,
  goToGoogle,
  failed
}: SignInReturnParts): ReturnPurpose<Exchanged> {
  return {
    check() {
      // Anybody may sign in: the attempt is bound to the browser.
    },
    read: (query, { attempt }) => flow.readReturn(query, attempt),
    async finish(request, grant, held, id) {
      const admission = await steps.admit(request, await flow.exchange(grant))
      const { user, needsConsent, hasRefreshToken } = await steps.store(admission, held.silent !== true)
      if (held.extraRound && !hasRefreshToken) {
        const warning = 'Google gave no refresh token, even with consent. Access ends with the access token.'
        request.log.warn({ userId: user.sub }, warning)
      }
      const before = request.googleUser?.sub
      // A further visit to Google is more than a session can say.
      const session = await steps.settle(request, user, questionOf(held), needsConsent ? undefined : id)
      // The round for a refresh token belongs to the sign-in before it.
      if (held.extraRound !== true || before !== user.sub) {
        reportSignIn(request, 'sign-in', { owner: user.sub, account: user.sub })
      }
      return session === id ? null : { session, needsConsent }
    },
    async answer(request, reply, { attempt: { scopes }, returnTo }, { id, outcome, first }) {
      const { session, needsConsent } = outcome ?? { session: id, needsConsent: false }
      if (!first && !(await sessions.join(request, session))) throw new LoginAttemptError('missing')
      if (!needsConsent) return redirectTo(returnTo)
      const asked = { scopes, prompt: 'consent', loginHint: request.googleUser?.sub }
      // The user is signed in, with or without this visit.
      return goToGoogle(request, reply, { ...asked, held: { returnTo, extraRound: true } }).catch(() =>
        redirectTo(returnTo)
      )
    },
    failed
  }
}

/** What the attempt asked. The time of sign-in stays when it asked for more access, or when no page was shown. */
function questionOf({ attempt: { scopes }, askedOf, silent, fresh, extraRound }: HeldAttempt): Question {
  const addsScopes = askedOf !== undefined && fresh !== true
  return { scopes, askedOf, keepsTime: addsScopes || silent === true || extraRound === true }
}
