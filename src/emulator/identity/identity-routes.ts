import type { FastifyInstance, FastifyRequest } from 'fastify'
import { queryOf } from '../http/forms.js'
import { PATHS, ROUTES } from '../http/paths.js'
import { oauthRefusal, Refusal } from '../http/refusal.js'
import type { World } from '../state/world.js'
import { bearerToken, tokenIn } from '../token/bearer.js'
import { userClaims } from '../token/id-token.js'
import { accessTokenInfo, idTokenInfo } from './token-info.js'

const BOTH = ['GET', 'POST']

/** The user of a token (`/userinfo`, `/tokeninfo`), and the pictures of the accounts. */
export function identityRoutes(app: FastifyInstance, world: World): void {
  const tokenInfo = (request: FastifyRequest) => {
    const form = request.body instanceof URLSearchParams ? request.body : null
    const idToken = queryOf(request).get('id_token') ?? form?.get('id_token')
    return idToken ? idTokenInfo(world, idToken) : accessTokenInfo(world, tokenIn(request) ?? '')
  }

  const userInfo = async (request: FastifyRequest): Promise<Record<string, unknown>> => {
    const held = bearerToken(world, request)
    const user = world.users.find(held.sub)
    if (!user || !held.scopes.has('openid'))
      throw oauthRefusal(403, 'insufficient_scope', 'The token was not granted openid')
    return userClaims(user, held.scopes)
  }

  const oldUserInfo = async (request: FastifyRequest): Promise<Record<string, unknown>> => {
    const { sub: id, email_verified: verified_email, ...claims } = await userInfo(request)
    return { id, ...claims, ...(verified_email === undefined ? {} : { verified_email }) }
  }

  for (const url of ROUTES.tokeninfo) app.route({ method: BOTH, url, handler: tokenInfo })
  for (const url of ROUTES.userinfo) app.route({ method: BOTH, url, handler: userInfo })
  app.get(PATHS.oldUserinfo, oldUserInfo)

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
