import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import type { OAuthClient } from './client-authentication.js'
import { withinTime } from '../lib/abortable.js'
import { growingPauseMs, retried } from '../lib/backoff.js'
import { likelyCause } from './likely-cause.js'
import { PROVIDER_TIMEOUT_MS } from './fetch.js'
import { EndpointRefusal, troubleName } from './refusal.js'
import { refreshToken } from './token-endpoint.js'
import { REFRESH_BUDGET_MS } from '../storage/storage.js'
import { mergedOver } from '../token/merge.js'
import type { Token } from '../token/token.js'

/** Shorter than usual, since a request waits. */
const FIRST_PAUSE_MS = 250
const MAX_TRIES = 4

/** Errors that mean that the grant has ended. */
const DEAD = new Set(['invalid_grant', 'deleted_client', 'admin_policy_enforced', 'invalid_rapt'])

/**
 * Gives the token that follows `latest`. Throws a `GrantLostError` when only a sign-in helps, an
 * `AccessTokenRefreshError` for trouble that passes.
 */
export type Refresh = (latest: Token | null) => Promise<Token>

/**
 * A `Refresh` by refresh token. It tries again after trouble that passes, with growing pauses that are no shorter than
 * `Retry-After`, within `REFRESH_BUDGET_MS` and `mostTries`. What the answer leaves out (refresh token, scopes) is kept.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function refreshBy(client: OAuthClient, mostTries: number = MAX_TRIES): Refresh {
  return async (latest) => {
    if (latest === null) throw new GrantLostError('missing')
    const value = latest.refreshToken
    if (value === undefined) throw new GrantLostError('no_refresh_token')
    const answer = await withRetries((signal) => refreshToken(client, value, signal), latest, client.now, mostTries)
    return mergedOver(answer, latest)
  }
}

/**
 * The result of `once`, which is tried again after trouble that passes. Throws a `GrantLostError` when the provider says
 * that the grant has ended, an `AccessTokenRefreshError` for any other refusal and when the budget is spent.
 */
export function withRetries(
  once: (signal: AbortSignal) => Promise<Token>,
  latest: Token,
  now: () => number,
  mostTries: number = MAX_TRIES
): Promise<Token> {
  // Elapsed time, not the time of day: a clock that is set must not extend the budget.
  const startedAt = performance.now()
  const leftMs = (): number => REFRESH_BUDGET_MS - (performance.now() - startedAt)
  return retried(
    () => withinTime(Math.max(1, Math.min(leftMs(), PROVIDER_TIMEOUT_MS)), null, once),
    (outcome, tried) => {
      if (outcome.status === 'fulfilled') return null
      const error: unknown = outcome.reason
      const refusal = error instanceof EndpointRefusal ? error : undefined
      if (refusal !== undefined && !isPassing(refusal)) throw refused(refusal, latest, now())
      const pauseMs = Math.max((refusal?.retryAfterS ?? 0) * 1000, growingPauseMs(tried, FIRST_PAUSE_MS))
      if (tried + 1 < mostTries && pauseMs < leftMs()) return pauseMs
      throw new AccessTokenRefreshError(refusal?.error ?? troubleName(error), error, refusal?.retryAfterS)
    }
  )
}

function isPassing({ status }: EndpointRefusal): boolean {
  return status === 429 || status >= 500
}

function refused(refusal: EndpointRefusal, latest: Token, now: number): GrantLostError | AccessTokenRefreshError {
  const { status, error, subtype } = refusal
  if (status >= 400 && DEAD.has(error))
    return new GrantLostError(error, likelyCause(latest, error, subtype, now), refusal)
  // Refused because of the app, as by invalid_client: asking again does not help.
  return new AccessTokenRefreshError(error, refusal)
}
