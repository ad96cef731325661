import { createHash } from 'node:crypto'
import type { IssuedToken } from '../state/grants/tokens.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { World } from '../state/world.js'

/** As at Google: one hour. */
export const ID_TOKEN_LIFETIME_S = 3600

const EMAIL = 'https://www.googleapis.com/auth/userinfo.email'
const PROFILE = 'https://www.googleapis.com/auth/userinfo.profile'

/** The claims about the user that the scopes allow. */
export function userClaims(user: EmulatorUser, scopes: ReadonlySet<string>): Record<string, unknown> {
  return {
    sub: user.sub,
    ...(user.hostedDomain ? { hd: user.hostedDomain } : {}),
    ...(scopes.has(EMAIL) ? { email: user.email, email_verified: user.emailVerified ?? true } : {}),
    ...(scopes.has(PROFILE)
      ? {
          name: user.name,
          ...(user.picture ? { picture: user.picture } : {}),
          given_name: user.givenName,
          family_name: user.familyName
        }
      : {})
  }
}

/** The claim `at_hash`: the left half of the SHA-256 of the access token. */
function atHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
}

/**
 * The signed ID token for an access token.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken
 */
export async function idTokenFor(
  world: World,
  user: EmulatorUser,
  access: IssuedToken,
  nonce: string | null
): Promise<string> {
  const iat = Math.floor(world.settings.now() / 1000)
  const rightful = {
    iss: world.issuer,
    azp: access.clientId,
    aud: access.clientId,
    ...userClaims(user, access.scopes),
    at_hash: atHash(access.token),
    ...(nonce === null ? {} : { nonce }),
    iat,
    exp: iat + ID_TOKEN_LIFETIME_S
  }
  const { claims, header, jwt } = world.tamperings.idToken(rightful, await world.keys.header())
  return jwt ?? world.keys.sign(header, claims)
}
