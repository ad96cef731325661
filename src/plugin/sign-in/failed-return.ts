import type { FastifyReply, FastifyRequest } from 'fastify'
import { AuthorizationError, LoginAttemptError } from '../../core/errors/sign-in.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import { redirectTo, type ErrorResponses, type PlainResponse } from '../http/error-responses.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { HeldAttempt } from './attempt-cookies.js'
import { sha256 } from '../../core/lib/sha256.js'
import { isAboutTheAccount, reportOrRethrow } from './report.js'
import type { StartUrls } from './start-url.js'

/** The response to a return that signed nobody in. Throws an error of the app that the app must answer itself. */
export type FailedReturn = (
  request: FastifyRequest,
  reply: FastifyReply,
  held: HeldAttempt | undefined,
  error: unknown
) => Promise<PlainResponse>

export interface FailedReturnParts {
  sessions: UserSessions
  urls: StartUrls
  responses: ErrorResponses
  defaultReturnTo: string
  /** Those that each sign-in asks for. */
  defaultScopes: readonly string[]
}

export function createFailedReturn({
  sessions,
  urls,
  responses,
  defaultReturnTo,
  defaultScopes
}: FailedReturnParts): FailedReturn {
  return async (request, reply, held, thrown) => {
    const error = thrown instanceof Error ? thrown : new Error('A hook threw a value that is not an Error.')
    const signIn = sessions.signInOf(request)
    // A used return URL (back button, bookmark) of a user who is already signed in.
    if (error instanceof LoginAttemptError && error.reason === 'missing' && signIn !== null)
      return redirectTo(defaultReturnTo)
    if (error instanceof AuthorizationError && held !== undefined && goesOnWithout(error, held))
      return redirectTo(held.returnTo)
    reportOrRethrow(request, 'sign-in', error)
    const missingScopes = await rememberRefusal(sessions, request, held, error)
    const anotherAccount = isAboutTheAccount(error)
    // The same visit to Google again, with all that the page needs.
    const scopes = signIn === null ? missingFrom(defaultScopes, held?.attempt.scopes ?? []) : missingScopes
    const authorizeUrl = urls.startUrl({
      returnTo: held?.returnTo,
      // Another version of the app may have begun the attempt.
      scopes: scopes.filter((scope) => urls.isDeclared(scope)),
      prompt: anotherAccount ? 'select_account' : undefined,
      loginHint: missingScopes.length > 0 ? signIn?.user.sub : undefined
    })
    return responses.forError(request, reply, error, {
      authorizeUrl,
      user: signIn?.user ?? null,
      ...(anotherAccount ? { label: 'Use another account' } : {}),
      ...(missingScopes.length > 0 ? { missingScopes } : {})
    })
  }
}

/** Google's errors for `prompt=none` that only mean: a page must be shown. */
const NEEDS_A_PAGE = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required'
])

/** Whether the browser goes on to `returnTo`: no page could be shown, or only the visit for a refresh token failed. */
function goesOnWithout({ reason }: AuthorizationError, { silent, extraRound }: HeldAttempt): boolean {
  return extraRound === true || (silent === true && NEEDS_A_PAGE.has(reason))
}

/** The scopes that a signed-in user has refused now. The session keeps them. */
async function rememberRefusal(
  sessions: UserSessions,
  request: FastifyRequest,
  held: HeldAttempt | undefined,
  error: unknown
): Promise<string[]> {
  const signIn = sessions.signInOf(request)
  if (!(error instanceof AuthorizationError) || held === undefined || signIn === null) return []
  if (held.askedOf !== sha256(signIn.user.sub)) return []
  const missing = missingFrom(signIn.user.scopes, held.attempt.scopes)
  if (missing.length > 0)
    await sessions.update(request, { ...signIn, refused: mergeScopes(signIn.refused ?? [], missing) })
  return missing
}
