import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import type { OAuthClient } from './client-authentication.js'
import { growingPauseMs, retried } from '../lib/backoff.js'
import { likelyCause } from './likely-cause.js'
import { PROVIDER_TIMEOUT_MS } from './fetch.js'
import { EndpointRefusal } from './refusal.js'
import { refreshToken } from './token-endpoint.js'
import { REFRESH_BUDGET_MS } from '../storage/storage.js'
import { mergedOver } from '../token/merge.js'
import type { Token } from '../token/token.js'

/** Shorter than usual, since a request waits. */
const FIRST_PAUSE_MS = 250
const MAX_TRIES = 4

/** Errors that mean the grant is dead. All else is trouble that may pass. */
const DEAD = new Set(['invalid_grant', 'deleted_client', 'admin_policy_enforced', 'invalid_rapt'])

/** Gives the successor of a token, or throws a `GrantLostError` (only a sign-in helps) or an `AccessTokenRefreshError` (passing). */
export type Refresh = (latest: Token | null) => Promise<Token>

/**
 * A `Refresh` by refresh token: passing trouble is tried again with growing pauses, honouring `Retry-After`, within
 * `REFRESH_BUDGET_MS`; what the answer leaves out (refresh token, scopes) is kept.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export function refreshBy(client: OAuthClient): Refresh {
  return async (latest) => {
    if (latest === null) throw new GrantLostError('missing')
    const value = latest.refreshToken
    if (value === undefined) throw new GrantLostError('no_refresh_token')
    const answer = await withRetries((signal) => refreshToken(client, value, signal), latest, client.now)
    return mergedOver(answer, latest)
  }
}

/**
 * The result of `once`, tried again while trouble passes. Throws a `GrantLostError` when the provider says that the grant
 * is dead, an `AccessTokenRefreshError` for any other refusal and when the budget is spent.
 */
export function withRetries(
  once: (signal: AbortSignal) => Promise<Token>,
  latest: Token,
  now: () => number
): Promise<Token> {
  // The budget is spent time, not wall-clock time: a clock that is set must not stretch it.
  const startedAt = performance.now()
  const leftMs = (): number => REFRESH_BUDGET_MS - (performance.now() - startedAt)
  return retried(
    // Whole milliseconds: a signal takes no others.
    () => once(AbortSignal.timeout(Math.max(1, Math.min(Math.floor(leftMs()), PROVIDER_TIMEOUT_MS)))),
    (outcome, tried) => {
      if (outcome.status === 'fulfilled') return null
      const error: unknown = outcome.reason
      const refusal = error instanceof EndpointRefusal ? error : undefined
      if (refusal !== undefined && !isPassing(refusal)) throw refused(refusal, latest, now())
      const pauseMs = Math.max((refusal?.retryAfterS ?? 0) * 1000, growingPauseMs(tried, FIRST_PAUSE_MS))
      if (tried + 1 < MAX_TRIES && pauseMs < leftMs()) return pauseMs
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
  // Refused for a reason of ours, such as invalid_client: asking again changes nothing.
  return new AccessTokenRefreshError(error, refusal)
}

/** One word for what went wrong on the way. */
export function troubleName(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout'
  return typeof code === 'string' && code.startsWith('OAUTH_') ? 'invalid_response' : 'unreachable'
}
