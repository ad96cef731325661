import { GrantLostError, StorageError } from '../../core/errors/grant.js'
import { AuthorizationError, FlowExchangeError, LoginAttemptError } from '../../core/errors/sign-in.js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GoogleAuthError } from '../../core/errors/base.js'
import type { IdTokenClaims } from '../../core/provider/id-token.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import type { Storage, StorageFor } from '../../core/storage/storage.js'
import type { Token } from '../../core/token/token.js'
import { redirectTo, type Answer, type Answers } from '../http/error-responses.js'
import type { HeldAttempt } from './attempt-cookies.js'
import { queryOf } from '../http/navigation.js'
import type { Settings } from '../options/options.js'
import type { SignInRounds } from './redirect-loop-guard.js'
import { goToGoogle, type StartParts } from './start-route.js'
import type { GoogleUser } from '../types.js'
import { userFrom } from './user.js'
import { sessionStateOf, type SessionState, type UserSessions } from '../session/user-sessions.js'

/** A user whom the extra round brought no refresh token, or who left it, is not asked again before. */
const ASK_AGAIN_MS = 30 * 86_400_000
/** How often a sign-in is stored again when other writers come in between. */
const MAX_STORE_TRIES = 3

export interface ReturnParts extends StartParts {
  settings: Settings
  storageFor: StorageFor
  sessions: UserSessions
  answers: Answers
  rounds: SignInRounds
}

/** A user whom Google has named, and what is stored for them. */
interface Admission {
  user: GoogleUser
  stored: Token
}

/** `GET /auth/return`: takes the attempt whose `state` matches, once, and makes a signed-in user of it. */
export function returnRoute(parts: ReturnParts) {
  const { attempts, settings, sessions, urls, answers, rounds } = parts
  // A double click brings the same code twice at once. It is exchanged once, and both requests sign the browser in.
  const underWay = new Map<string, Promise<Admission>>()
  const admit = (request: FastifyRequest, query: URLSearchParams, held: HeldAttempt): Promise<Admission> => {
    const key = query.toString()
    const admission =
      underWay.get(key) ?? admitted(parts, request, query, held).finally(() => void underWay.delete(key))
    underWay.set(key, admission)
    return admission
  }
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const query = queryOf(request)
    let held: HeldAttempt | undefined
    try {
      held = attempts.take(request, reply, stateOf(query))
      const { user, stored } = await admit(request, query, held)
      rounds.add(request, reply)
      await sessions.signIn(request, stateAfter(request, held, { ...user, scopes: [...stored.scopes] }))
      return (await askOnceForRefreshToken(parts, request, reply, held, stored, user.sub)) ?? redirectTo(held.returnTo)
    } catch (error) {
      if (isStale(error) && request.googleUser !== null) return redirectTo(settings.defaultReturnTo)
      // The user is signed in already; only the extra round for a refresh token failed.
      if (held?.extraRound && error instanceof AuthorizationError) return redirectTo(held.returnTo)
      if (!(error instanceof GoogleAuthError)) throw error
      request.log.info({ err: error }, 'A sign-in failed')
      const missingScopes = rememberRefusal(request, held, error)
      const again = { returnTo: held?.returnTo, scopes: missingScopes, loginHint: held?.askedFor }
      return answers.forError(request, reply, error, {
        authorizeUrl: urls.startUrl(again),
        ...(missingScopes.length > 0 ? { missingScopes } : {})
      })
    }
  }
}

/** The user behind a return, their credentials stored. */
async function admitted(
  { flow, settings, storageFor }: ReturnParts,
  request: FastifyRequest,
  query: URLSearchParams,
  { attempt }: HeldAttempt
): Promise<Admission> {
  const credentials = await flow.exchange(flow.readReturn(query, attempt))
  const claims = identityOf(credentials.idToken)
  const storage = storageFor(claims.sub)
  const firstSignIn = !(await hasRecord(storage))
  const user = userFrom(claims, credentials.first.scopes, Date.now())
  await settings.given.onSignIn?.(request, { user, grantedScopes: user.scopes, firstSignIn })
  return { user, stored: await store(storage, credentials.first) }
}

function stateOf(query: URLSearchParams): string {
  const [state, ...more] = query.getAll('state')
  if (more.length > 0) throw new LoginAttemptError('malformed')
  if (state === undefined || state === '') throw new LoginAttemptError('missing')
  return state
}

/** A used return URL: back button, double click, a bookmark. */
function isStale(error: unknown): boolean {
  return error instanceof LoginAttemptError && error.reason === 'missing'
}

function identityOf(claims: IdTokenClaims | null): IdTokenClaims {
  if (claims === null) throw new FlowExchangeError('id_token_missing', false)
  return claims
}

async function hasRecord(storage: Storage): Promise<boolean> {
  try {
    return (await storage.get()) !== null
  } catch (error) {
    // A record that does not open is one all the same; this sign-in replaces it.
    if (error instanceof GrantLostError) return true
    throw error
  }
}

/** Stores what Google granted now, and gives back what is stored. The ID token has done its work. */
async function store(storage: Storage, granted: Token): Promise<Token> {
  const fresh = granted.with({ idToken: undefined })
  for (let tries = 0; tries < MAX_STORE_TRIES; tries++) {
    const stored = await storage.update((current) => signedInOver(current, fresh))
    if (stored?.accessToken === fresh.accessToken) return stored
  }
  throw new StorageError('The credentials could not be stored. Try again.')
}

/**
 * `fresh` in the place of `current`. Its scopes are all that Google allows now, what was granted earlier included: more may
 * have been taken back at Google since. Only where the earlier refresh token stays in use, what that one may do stays known.
 */
function signedInOver(current: Token | null, fresh: Token): Token {
  if (current === null || current.lost !== undefined) return fresh
  const kept = fresh.refreshToken === undefined && current.refreshToken !== undefined
  return kept ? fresh.succeeding(current) : fresh.with({ consentAskedAt: current.consentAskedAt })
}

function stateAfter(request: FastifyRequest, held: HeldAttempt, user: SessionState['user']): SessionState {
  const before = sessionStateOf(request)
  const same = before?.user.sub === user.sub
  const asked = mergeScopes(same ? (before.refused ?? []) : [], held.attempt.scopes)
  const refused = missingFrom(user.scopes, asked)
  const replaced = before !== null && !same && held.askedFor === before.user.sub ? before.user : undefined
  return {
    user,
    ...(refused.length > 0 ? { refused } : {}),
    ...(replaced === undefined ? {} : { replaced: replaced.email ?? replaced.name ?? replaced.sub })
  }
}

/** Remembers what a signed-in user has refused, and says what that was. */
function rememberRefusal(request: FastifyRequest, held: HeldAttempt | undefined, error: unknown): string[] {
  const state = sessionStateOf(request)
  if (!(error instanceof AuthorizationError) || held?.askedFor === undefined || held.askedFor !== state?.user.sub)
    return []
  const missing = missingFrom(state.user.scopes, held.attempt.scopes)
  if (missing.length > 0) state.refused = mergeScopes(state.refused ?? [], missing)
  return missing
}

/**
 * Google sends a refresh token with the first consent only. When none is stored and none came, the user is sent round
 * once more, with a consent that brings one; never when there is one, since Google kills the oldest beyond 100. That it
 * was tried is kept with the credentials, whatever becomes of the round.
 */
async function askOnceForRefreshToken(
  parts: ReturnParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { attempt, returnTo, extraRound }: HeldAttempt,
  stored: Token,
  sub: string
): Promise<Answer | null> {
  if (parts.settings.accessType !== 'offline' || stored.refreshToken !== undefined) return null
  if (extraRound) {
    request.log.warn(
      { userId: sub },
      'Google gave no refresh token, also when asked for consent: access ends with the access token'
    )
    return null
  }
  const now = Date.now()
  if (stored.consentAskedAt !== undefined && now - stored.consentAskedAt < ASK_AGAIN_MS) return null
  await parts.storageFor(sub).update((current) => current?.with({ consentAskedAt: now }) ?? null)
  return goToGoogle(parts, request, reply, {
    scopes: attempt.scopes,
    prompt: 'consent',
    loginHint: sub,
    held: { returnTo, extraRound: true }
  })
}
