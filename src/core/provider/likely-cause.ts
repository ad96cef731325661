import type { Token } from '../token/token.js'

const DAY_MS = 86_400_000
/** Google ends the grants of an app in "Testing" after seven days. An app in use notices that within hours. */
const TESTING_MODE_DAYS = { from: 6.9, to: 8 }
/** How long a refresh token of such an app lasts. Google counts in seconds, and a little time has passed. */
const TESTING_LIFE_DAYS = { from: 6.9, to: 7.1 }
/** Google ends a refresh token that was not used for six months. */
const UNUSED_DAYS = 180

/** An end is near when it comes within this many days. */
const NEAR_DAYS = 2

/** Whether Google gave a refresh token that lasts seven days, because the app is in "Testing". */
export function isOfTestingApp({ refreshTokenExpiresAt, grantedAt }: Token): boolean {
  if (refreshTokenExpiresAt === undefined || grantedAt === undefined) return false
  const days = (refreshTokenExpiresAt - grantedAt) / DAY_MS
  return days >= TESTING_LIFE_DAYS.from && days <= TESTING_LIFE_DAYS.to
}

/**
 * The cause of an end that is near: `time_based_access_ends`, or `testing_mode` where Google gives refresh tokens that last
 * seven days. `undefined` when none is known.
 * @see https://developers.google.com/identity/protocols/oauth2#expiration
 */
export function nearEnd(token: Token, now: number): string | undefined {
  const { refreshTokenExpiresAt } = token
  if (refreshTokenExpiresAt === undefined) return undefined
  if (isOfTestingApp(token)) return 'testing_mode'
  return refreshTokenExpiresAt - now <= NEAR_DAYS * DAY_MS ? 'time_based_access_ends' : undefined
}

/**
 * A guess at why Google ended a grant, from its answer and the age of the token: `invalid_rapt`,
 * `admin_policy_enforced`, `deleted_client`, `time_based_access_ended`, `testing_mode`, `unused_six_months`, `revoked`.
 * @see https://developers.google.com/identity/protocols/oauth2#expiration
 */
export function likelyCause(token: Token, reason: string, subtype: string | undefined, now: number): string {
  if (reason === 'invalid_rapt' || subtype === 'invalid_rapt' || subtype === 'rapt_required') return 'invalid_rapt'
  if (reason === 'admin_policy_enforced' || reason === 'deleted_client') return reason
  if (token.refreshTokenExpiresAt !== undefined && token.refreshTokenExpiresAt <= now) return 'time_based_access_ended'
  const ageDays = token.grantedAt === undefined ? 0 : (now - token.grantedAt) / DAY_MS
  if (ageDays >= TESTING_MODE_DAYS.from && ageDays <= TESTING_MODE_DAYS.to) return 'testing_mode'
  const usedAt = token.refreshedAt ?? token.grantedAt
  if (usedAt !== undefined && (now - usedAt) / DAY_MS >= UNUSED_DAYS) return 'unused_six_months'
  return 'revoked'
}
