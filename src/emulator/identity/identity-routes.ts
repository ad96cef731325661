import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bearerToken } from '../token/bearer.js'
import { queryOf, strictForm } from '../http/forms.js'
import { userClaims } from '../token/id-token.js'
import { PATHS } from '../http/paths.js'
import { oauthRefusal, Refusal } from '../http/refusal.js'
import { joinScopes } from '../state/grants/scopes.js'
import type { World } from '../state/world.js'

/** The user of a token (`/userinfo`, `/tokeninfo`), and the pictures of the accounts. */
export function identityRoutes(app: FastifyInstance, world: World): void {
  const tokenInfo = (parameters: URLSearchParams): Record<string, unknown> => {
    const held = world.tokens.access(parameters.get('access_token') ?? '')
    if (!held) throw oauthRefusal(400, 'invalid_token', 'Invalid Value')
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

  const userInfo = (request: FastifyRequest): Record<string, unknown> => {
    const held = bearerToken(world, request)
    const user = world.users.find(held.sub)
    if (!user || !held.scopes.has('openid'))
      throw oauthRefusal(403, 'insufficient_scope', 'The token was not granted openid')
    return userClaims(user, held.scopes)
  }

  app.get(PATHS.tokeninfo, (request) => tokenInfo(queryOf(request)))
  app.post(PATHS.tokeninfo, (request) => tokenInfo(strictForm(request)))
  app.get(PATHS.userinfo, userInfo)
  app.post(PATHS.userinfo, userInfo)

  app.get<{ Params: { sub: string } }>(`${PATHS.pictures}:sub`, ({ params }, reply) => {
    const user = world.users.find(params.sub)
    if (!user) throw new Refusal(404, 'Not Found', 'Not Found')
    const initials = [user.givenName, user.familyName].map((name) => name.match(/\p{L}/u)?.[0] ?? '').join('')
    return reply
      .type('image/svg+xml')
      .send(
        '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="#1a56db"/>' +
          `<text x="48" y="60" font-family="sans-serif" font-size="36" text-anchor="middle" fill="#fff">${initials}</text></svg>`
      )
  })
}
