import { mergeScopes, missingFrom } from './scopes.js'
import type { Token } from './token.js'

/**
 * The answer to a refresh over the token that was refreshed: what the answer leaves out is kept. Google sends a refresh
 * token only with the first consent, and a refresh may name fewer scopes than the user granted.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#offline
 */
export function mergedOver(answer: Token, earlier: Token | null): Token {
  if (earlier === null || earlier.lost !== undefined) return answer
  const isRotated = answer.refreshToken !== undefined
  return answer.with({
    scopes: mergeScopes(earlier.scopes, answer.scopes),
    refreshToken: answer.refreshToken ?? earlier.refreshToken,
    refreshTokenExpiresAt: answer.refreshTokenExpiresAt ?? (isRotated ? undefined : earlier.refreshTokenExpiresAt),
    idToken: answer.idToken ?? earlier.idToken,
    consentAskedAt: answer.consentAskedAt ?? earlier.consentAskedAt,
    profile: answer.profile ?? earlier.profile,
    connectedAt: earlier.connectedAt,
    grantedAt: isRotated ? (answer.grantedAt ?? earlier.grantedAt) : (earlier.grantedAt ?? answer.grantedAt)
  })
}

/**
 * What a sign-in brought over the token that was stored. Its scopes are all that Google allows now, those that were
 * granted earlier included, and the user may have taken others back since. Only where the earlier refresh token stays in
 * use, what that one may do stays known.
 */
export function grantedOver(fresh: Token, earlier: Token | null): Token {
  if (earlier === null) return fresh
  const { connectedAt } = earlier
  if (earlier.lost !== undefined) return fresh.with({ connectedAt })
  const isKept = fresh.refreshToken === undefined && earlier.refreshToken !== undefined
  return isKept
    ? mergedOver(fresh, earlier)
    : fresh.with({ consentAskedAt: earlier.consentAskedAt, connectedAt, profile: fresh.profile ?? earlier.profile })
}

/**
 * What a connect brought over the token that was stored. A connect asks for the union of the stored and the new scopes, without
 * those that Google granted to others. So an answer with fewer scopes than the stored ones does not replace the wider grant.
 */
export function connectedOver(fresh: Token, earlier: Token | null): Token {
  const next = grantedOver(fresh, earlier)
  if (earlier === null || earlier.lost !== undefined || earlier.refreshToken === undefined) return next
  const isWider = missingFrom(fresh.scopes, earlier.scopes).length > missingFrom(earlier.scopes, fresh.scopes).length
  return isWider ? earlier.with({ profile: next.profile }) : next
}
