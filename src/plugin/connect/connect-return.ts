import type { FastifyRequest } from 'fastify'
import { OwnerMismatchError } from '../../core/errors/account.js'
import { LoginAttemptError, AuthorizationError } from '../../core/errors/sign-in.js'
import type { OAuth2WebServerFlow } from '../../core/flow/flow.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import { redirectTo, type ErrorResponses } from '../http/error-responses.js'
import { isNavigation } from '../http/navigation.js'
import type { PrincipalOf } from '../principal/principal.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { HeldAttempt } from '../sign-in/attempt-cookies.js'
import type { ReturnPurpose } from '../sign-in/return-purpose.js'
import { sha256 } from '../../core/lib/sha256.js'
import { isAboutTheAccount, reportOrRethrow, reportSignIn } from '../sign-in/report.js'
import type { GoToGoogle } from '../sign-in/start-route.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { Warnings } from '../warnings/warnings.js'
import type { Connect, Connected } from './connect.js'
import { questionFor } from './connect-question.js'
import type { Refusals } from './refusals.js'

export interface ConnectReturnParts {
  flow: OAuth2WebServerFlow
  principalOf: PrincipalOf
  connect: Connect
  sessions: UserSessions
  refusals: Refusals
  goToGoogle: GoToGoogle
  urls: StartUrls
  responses: ErrorResponses
  defaultReturnTo: string
  warnings: Warnings
}

/** A return that connects an account to the owner that asked for it. */
export function connectReturn(parts: ConnectReturnParts): ReturnPurpose<Connected> {
  const { flow, principalOf, connect, sessions, refusals, goToGoogle, urls, responses, defaultReturnTo, warnings } =
    parts
  const ownerOf = (request: FastifyRequest, { connectOf }: HeldAttempt): string => {
    const owner = principalOf(request)?.owner
    if (owner === undefined || connectOf !== sha256(owner)) throw new OwnerMismatchError()
    return owner
  }
  return {
    check: ownerOf,
    read: (query, { attempt }) => flow.readReturn(query, attempt),
    async finish(request, checked, held) {
      const connected = await connect(
        request,
        ownerOf(request, held),
        await flow.exchange(checked),
        held.attempt.scopes
      )
      reportSignIn(request, 'connect', connected.grant)
      return connected
    },
    async answer(request, reply, held, { outcome }) {
      // A connect makes no session that could say all.
      if (outcome === null) throw new LoginAttemptError('missing')
      const { grant, profile, scopes, waiting } = outcome
      const { owner, account } = grant
      await updateOwn(sessions, principalOf, request, account, scopes)
      const allowed = mergeScopes(scopes, waiting)
      refusals.learn(request, reply, grant, { allowed, refused: missingFrom(allowed, held.attempt.scopes) })
      if (held.wanted === undefined && waiting.length > 0) {
        const asked = questionFor({ ...profile, account, scopes: allowed }, owner, held.returnTo)
        return goToGoogle(request, reply, asked).catch(() => redirectTo(held.returnTo))
      }
      if (held.wanted === undefined || isWanted(held.wanted, account, profile.email)) return redirectTo(held.returnTo)
      if (!isNavigation(request)) return redirectTo(held.returnTo)
      const tryAgainUrl = urls.startUrl({ connect: true, loginHint: held.wanted, returnTo: held.returnTo })
      const chosen = profile.email ?? account
      return responses.anotherAccount(request, {
        chosen,
        wanted: held.wantedName ?? held.wanted,
        tryAgainUrl,
        continueUrl: held.returnTo
      })
    },
    async failed(request, reply, held, thrown) {
      const error = thrown instanceof Error ? thrown : new Error('A hook threw a value that is not an Error.')
      const principal = principalOf(request)
      if (error instanceof LoginAttemptError && error.reason === 'missing' && principal !== null)
        return redirectTo(defaultReturnTo)
      if (error instanceof OwnerMismatchError && principal === null) warnings.tell('GOOGLE_AUTH_WARN_NO_OWNER')
      reportOrRethrow(request, 'connect', error)
      if (error instanceof OwnerMismatchError || held === undefined) return responses.forError(request, reply, error)
      if (error instanceof AuthorizationError && principal !== null)
        refusals.learn(
          request,
          reply,
          { owner: principal.owner, account: held.wanted },
          { refused: held.attempt.scopes }
        )
      const another = isAboutTheAccount(error)
      const authorizeUrl = urls.startUrl({
        connect: true,
        returnTo: held.returnTo,
        scopes: missingFrom(flow.scopes, held.attempt.scopes).filter((scope) => urls.isDeclared(scope)),
        loginHint: another ? undefined : held.wanted
      })
      return responses.forError(request, reply, error, {
        authorizeUrl,
        ...(another ? { label: 'Use another account' } : {})
      })
    }
  }
}

/** The own account was picked: the session shows its scopes at once. */
async function updateOwn(
  sessions: UserSessions,
  principalOf: PrincipalOf,
  request: FastifyRequest,
  account: string,
  scopes: string[]
): Promise<void> {
  const principal = principalOf(request)
  if (principal?.via !== 'session' || principal.owner !== account) return
  const { signIn } = principal
  await sessions.update(request, { ...signIn, user: { ...signIn.user, scopes } })
}

function isWanted(wanted: string, account: string, email: string | undefined): boolean {
  return wanted === account || wanted.toLowerCase() === email?.toLowerCase()
}
