import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { acceptAssertion } from './assertion-grant.js'
import { authenticateClient } from './client-authentication.js'
import { exchangeCode } from './code-grant.js'
import { parametersOf } from '../http/forms.js'
import { ROUTES } from '../http/paths.js'
import { invalidRequest, methodNotAllowed, oauthRefusal } from '../http/refusal.js'
import { refreshAccess } from './refresh-grant.js'
import { endGrant, type World } from '../state/world.js'

const NOT_POST = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const GRANTS = new Map([
  ['authorization_code', exchangeCode],
  ['refresh_token', refreshAccess]
])

/** The endpoints for the servers of apps: `/token` and `/revoke`. */
export function tokenRoutes(app: FastifyInstance, world: World): void {
  const { strict } = world.settings

  const grantResponse = (request: FastifyRequest): Promise<Record<string, unknown>> => {
    const form = parametersOf(request, strict)
    const type = form.get('grant_type')
    if (!type) throw invalidRequest('Missing required parameter: grant_type')
    if (type === 'urn:ietf:params:oauth:grant-type:jwt-bearer') return acceptAssertion(world, form)
    const client = authenticateClient(request.headers.authorization, form, world)
    const grant = GRANTS.get(type)
    if (!grant) throw oauthRefusal(400, 'unsupported_grant_type', `Invalid grant_type: ${type}`)
    return grant(world, client, form)
  }

  const exchange = async (request: FastifyRequest, reply: FastifyReply) => {
    const body = world.tamperings.tokenResponse(await grantResponse(request))
    return reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' }).send(body)
  }

  // Any token of a grant ends the whole grant, for all clients of the project.
  const revoke = (request: FastifyRequest, reply: FastifyReply) => {
    const token = parametersOf(request, strict).get('token')
    if (!token) throw invalidRequest('Missing required parameter: token')
    const held = world.tokens.refresh(token) ?? world.tokens.access(token)
    if (!held) throw oauthRefusal(400, 'invalid_token', 'Token expired or revoked')
    if (held.project === null) world.tokens.drop(token)
    else endGrant(world, held.sub, held.project)
    return reply.header('cache-control', 'no-store').send({})
  }

  for (const url of ROUTES.token) app.post(url, exchange)
  for (const url of ROUTES.revoke) app.post(url, revoke)
  for (const url of [...ROUTES.token, ...ROUTES.revoke]) {
    app.route({
      method: NOT_POST,
      url,
      handler: () => {
        throw methodNotAllowed('POST')
      }
    })
  }
}
