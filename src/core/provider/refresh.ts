import { AccessTokenRefreshError, GrantLostError } from '../errors/grant.js'
import type { OAuthClient } from './client-authentication.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { likelyCause } from './likely-cause.js'
import { PROVIDER_TIMEOUT_MS } from './fetch.js'
import { EndpointRefusal } from './refusal.js'
import { refreshToken } from './token-endpoint.js'
import { REFRESH_BUDGET_MS } from '../storage/storage.js'
import type { Token } from '../token/token.js'

/** First pause between two tries; it doubles, and varies so that a fleet does not march in step. */
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
    return answer.succeeding(latest)
  }
}

/** Runs `once` until it answers, the grant is known to be dead, or the budget is spent. */
export async function withRetries(
  once: (signal: AbortSignal) => Promise<Token>,
  latest: Token,
  now: () => number
): Promise<Token> {
  // The budget is spent time, not wall-clock time: a clock that is set must not stretch it.
  const startedAt = performance.now()
  for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries++, pause *= 2) {
    // Whole milliseconds: a signal takes no others.
    const left = Math.floor(REFRESH_BUDGET_MS - (performance.now() - startedAt))
    try {
      return await once(AbortSignal.timeout(Math.max(1, Math.min(left, PROVIDER_TIMEOUT_MS))))
    } catch (error) {
      const refusal = error instanceof EndpointRefusal ? error : undefined
      if (refusal && refusal.status < 500 && refusal.status !== 429) {
        if (refusal.status >= 400 && DEAD.has(refusal.error)) {
          throw new GrantLostError(refusal.error, likelyCause(latest, refusal.error, refusal.subtype, now()), error)
        }
        // Refused for a reason of ours, such as invalid_client: asking again changes nothing.
        throw new AccessTokenRefreshError(refusal.error, error)
      }
      const waitMs = Math.max(
        refusal?.retryAfterS === undefined ? 0 : refusal.retryAfterS * 1000,
        pause * (0.5 + Math.random())
      )
      const spent = performance.now() - startedAt
      if (tries >= MAX_TRIES || spent + waitMs >= REFRESH_BUDGET_MS) {
        throw new AccessTokenRefreshError(refusal?.error ?? troubleName(error), error, refusal?.retryAfterS)
      }
      await sleep(waitMs)
    }
  }
}

/** One word for what went wrong on the way. */
export function troubleName(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout'
  return typeof code === 'string' && code.startsWith('OAUTH_') ? 'invalid_response' : 'unreachable'
}
