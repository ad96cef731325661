import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { oauthRefusal } from '../http/refusal.js'
import { joinScopes } from '../state/grants/scopes.js'
import type { World } from '../state/world.js'
import { userClaims } from '../token/id-token.js'

const invalid = () => oauthRefusal(400, 'invalid_token', 'Invalid Value')

/** What an access token may do, and for whom. Throws Google's 400 where it has ended. */
export function accessTokenInfo(world: World, token: string): Record<string, unknown> {
  const held = world.tokens.access(token)
  if (!held) throw invalid()
  const user = world.users.find(held.sub)
  const { sub, email, email_verified } = user ? userClaims(user, held.scopes) : { sub: held.sub }
  return {
    azp: held.clientId,
    aud: held.clientId,
    sub,
    scope: joinScopes(held.scopes),
    exp: String(Math.floor(held.expiresAt / 1000)),
    expires_in: String(Math.floor((held.expiresAt - world.settings.now()) / 1000)),
    // Google sends all values as strings, this flag too.
    ...(email === undefined ? {} : { email, email_verified: String(email_verified) })
  }
}

/**
 * The claims of an ID token, each as a text, and its header. Throws Google's 400 where it is not one of ours or has ended.
 * @see https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
 */
export async function idTokenInfo(world: World, token: string): Promise<Record<string, unknown>> {
  const keys = createLocalJWKSet(await world.keys.jwks())
  const checks = { issuer: world.issuer, currentDate: new Date(world.settings.now()) }
  const { payload } = await jwtVerify(token, keys, checks).catch(() => {
    throw invalid()
  })
  const claims = Object.entries({ ...payload, ...decodeProtectedHeader(token) })
  return Object.fromEntries(claims.map(([name, value]) => [name, String(value)]))
}
