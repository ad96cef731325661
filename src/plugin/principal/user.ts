import type { IdTokenClaims } from '../../core/provider/id-token-claims.js'
import type { GoogleUser } from '../types/user.js'

/** The user in the claims of a verified ID token. `now` becomes the time of sign-in. */
export function userFrom(claims: IdTokenClaims, scopes: readonly string[], now: number): GoogleUser {
  const user: GoogleUser = { sub: claims.sub, scopes: [...scopes], signedInAt: now }
  const texts = {
    email: claims.email,
    name: claims.name,
    givenName: claims.given_name,
    familyName: claims.family_name,
    picture: claims.picture,
    hostedDomain: claims.hd
  }
  for (const [name, value] of Object.entries(texts) as [keyof typeof texts, unknown][]) {
    if (typeof value === 'string') user[name] = value
  }
  if (claims.email_verified !== undefined) user.emailVerified = claims.email_verified
  if (typeof claims.auth_time === 'number') user.authTime = claims.auth_time * 1000
  const { amr } = claims
  if (Array.isArray(amr) && amr.every((method) => typeof method === 'string')) user.amr = amr
  return user
}
