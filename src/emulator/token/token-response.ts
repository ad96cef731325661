import { idTokenFor } from './id-token.js'
import { joinScopes } from '../state/grants/scopes.js'
import type { IssuedToken, TokenHolder } from '../state/grants/tokens.js'
import type { World } from '../state/world.js'

/**
 * The successful answer for a user: a new access token, an ID token when `openid` is granted, and the refresh token `refresh`
 * if there is one.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 */
export async function tokenResponse(
  world: World,
  holder: TokenHolder,
  { refresh, nonce }: { refresh: IssuedToken | null; nonce: string | null }
): Promise<Record<string, unknown>> {
  const { accessTokenLifetimeS, now } = world.settings
  const access = world.tokens.issueAccess(holder, accessTokenLifetimeS * 1000)
  const user = world.users.find(holder.sub)
  return {
    access_token: access.token,
    expires_in: accessTokenLifetimeS,
    ...(refresh ? { refresh_token: refresh.token } : {}),
    ...(refresh && refresh.expiresAt !== Infinity
      ? { refresh_token_expires_in: Math.floor((refresh.expiresAt - now()) / 1000) }
      : {}),
    scope: joinScopes(access.scopes),
    token_type: 'Bearer',
    ...(user && access.scopes.has('openid') ? { id_token: await idTokenFor(world, user, access, nonce) } : {})
  }
}

/** The end of a refresh token issued now, in milliseconds since the epoch; Infinity without time-based access. */
export function refreshTokenEnd(world: World): number {
  const { refreshTokenLifetimeS, now } = world.settings
  return refreshTokenLifetimeS === null ? Infinity : now() + refreshTokenLifetimeS * 1000
}
