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
 * What a connect brought over the token that was stored. It brings no scopes that Google granted to others, so none but those
 * that it `asked` for. A scope that it did not ask for was not taken back: then the stored grant stays. It also stays when the
 * answer has fewer scopes. `asked` is `undefined` where it is not known.
 */
export function connectedOver(fresh: Token, earlier: Token | null, asked?: readonly string[]): Token {
  const next = grantedOver(fresh, earlier)
  if (earlier === null || earlier.lost !== undefined || earlier.refreshToken === undefined) return next
  const gone = missingFrom(fresh.scopes, earlier.scopes)
  const isUnasked = asked !== undefined && missingFrom(asked, gone).length > 0
  const isWider = gone.length > missingFrom(earlier.scopes, fresh.scopes).length
  return isUnasked || isWider ? earlier.with({ profile: next.profile }) : next
}
