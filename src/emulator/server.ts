import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { apiRefusal } from './http/api-refusal.js'
import { authorizeRoutes } from './sign-in/authorize-routes.js'
import { calendarRoutes } from './calendar/calendar-routes.js'
import { CONSOLE } from './console/action-form.js'
import { consoleRoutes } from './console/console-routes.js'
import { discoveryRoutes } from './identity/discovery-routes.js'
import type { Fault } from './state/faults/faults.js'
import type { SeenRequest } from './state/faults/request-log.js'
import { parseBodies, pathOf } from './http/forms.js'
import { identityRoutes } from './identity/identity-routes.js'
import { riscRoutes } from './risc/risc-routes.js'
import { endpointOf } from './http/paths.js'
import { Refusal } from './http/refusal.js'
import { scriptRoutes } from './script/script-routes.js'
import { tokenIn } from './token/bearer.js'
import { tokenRoutes } from './token/token-routes.js'
import type { World } from './state/world.js'

/** The HTTP server. It does not listen yet, and logs nothing. */
export function newServer(world: World): FastifyInstance {
  const app = fastify({ exposeHeadRoutes: false, forceCloseConnections: true })
  parseBodies(app)
  app.setErrorHandler((error, _request, reply) => {
    const refusal = error instanceof Refusal ? error : asRefusal(error)
    return reply.code(refusal.status).headers(refusal.headers).send(refusal.body)
  })
  app.setNotFoundHandler(() => {
    throw apiRefusal(404, 'notFound', 'Not Found')
  })
  watch(app, world)
  discoveryRoutes(app, world)
  authorizeRoutes(app, world)
  tokenRoutes(app, world)
  identityRoutes(app, world)
  riscRoutes(app, world)
  calendarRoutes(app, world)
  consoleRoutes(app, world)
  scriptRoutes(app, world)
  return app
}

/** The refusal for an unexpected error. Errors of Fastify (a large body, a malformed URL) keep their status. */
function asRefusal(error: unknown): Refusal {
  const status = (error as { statusCode?: number }).statusCode ?? 500
  return apiRefusal(
    status,
    status < 500 ? 'badRequest' : 'backendError',
    error instanceof Error ? error.message : 'Error'
  )
}

/** Adds hooks that log each request, apply faults, and set the `Date` header by the clock of the emulator. */
function watch(app: FastifyInstance, world: World): void {
  const late = new WeakMap<FastifyRequest, Fault>()
  const logged = new WeakMap<FastifyRequest, SeenRequest>()

  // After the body has been read, because it holds the grant type.
  app.addHook('preHandler', async (request, reply) => {
    const path = pathOf(request)
    // The control page is not a part of Google.
    if (path === '/' || path.startsWith(CONSOLE)) return
    const form = request.body instanceof URLSearchParams ? request.body : null
    const grantType = form?.get('grant_type')
    const clientId = form?.get('client_id')
    const sub = world.tokens.accountOf(tokenIn(request) ?? '')
    const seen = world.log.add({
      endpoint: endpointOf(path),
      method: request.method,
      path,
      ...(grantType ? { grantType } : {}),
      ...(clientId ? { clientId } : {}),
      ...(sub === undefined ? {} : { sub })
    })
    logged.set(request, seen)
    const fault = world.faults.take(seen)
    if (!fault) return
    if (fault.afterEffect) {
      late.set(request, fault)
      return
    }
    const struck = await world.faults.strike(fault, reply)
    if (struck !== null && struck !== 'silence') return reply.send(struck.body)
  })

  app.addHook('onResponse', async (request, reply) => {
    const seen = logged.get(request)
    if (seen && !reply.raw.destroyed) seen.status = reply.statusCode
  })

  app.addHook('onSend', async (request, reply, payload) => {
    if (!reply.hasHeader('date')) reply.header('date', new Date(world.settings.now()).toUTCString())
    const fault = late.get(request)
    if (!fault) return payload
    const struck = await world.faults.strike(fault, reply)
    // A promise without an end: otherwise Fastify would send the response.
    if (struck === 'silence') return new Promise<never>(() => undefined)
    if (struck === null) return payload
    reply.removeHeader('content-length')
    return struck.body
  })
}
