import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { ROUTE_REACHED } from '../core/channels.js'
import { GoogleAuthError } from '../core/errors/base.js'
import { parseBodies, SMALL_BODY } from './http/body.js'
import { PRIVATE_HEADERS, send, type ErrorResponses, type PlainResponse } from './http/error-responses.js'
import { discreetLogger } from './http/request-log.js'
import type { RequestOrigins } from './http/request-origin.js'
import type { Route } from './http/route.js'
import type { Settings } from './options/options.js'
import { warnOfProxy } from './warnings/in-requests.js'
import type { Warnings } from './warnings/warnings.js'
import type { StartUrls } from './sign-in/start-url.js'

export interface RoutesParts {
  settings: Settings
  urls: StartUrls
  origins: RequestOrigins
  responses: ErrorResponses
  warnings: Warnings
}

/**
 * The methods that are refused, by the method of a route. They are answered here, because the app's 404 would log a URL with
 * a code in it. `OPTIONS` before a POST is left to @fastify/cors.
 */
const OTHER_METHODS = {
  GET: ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  POST: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']
}

/** Not in the document of @fastify/swagger: browsers go to these routes, and no API client calls them. */
const HIDDEN: { schema: FastifySchema & { hide: true } } = { schema: { hide: true } }

/** Adds the routes in their own scope, whose headers and log are for these routes only. */
export async function addRoutes(app: FastifyInstance, routes: readonly Route[], parts: RoutesParts): Promise<void> {
  await app.register(async (scope) => {
    const ofTheApp = scope.childLoggerFactory
    scope.setChildLoggerFactory(function (logger, bindings, options, request) {
      if (ROUTE_REACHED.hasSubscribers) ROUTE_REACHED.publish({ path: request.url?.split('?', 1)[0] })
      return discreetLogger(ofTheApp.call(this, logger, bindings, options, request))
    })
    scope.addHook('onSend', (_request, reply, payload, next) => {
      void reply.headers(PRIVATE_HEADERS)
      next(null, payload)
    })
    scope.addHook('onRequest', (request, _reply, next) => {
      warnOfProxy(parts.warnings, request)
      next()
    })
    // Fastify knows parsers of bodies by scope only, so each route has one.
    for (const route of routes) await scope.register(async (own) => addRoute(own, route, parts))
  })
}

function addRoute(scope: FastifyInstance, route: Route, parts: RoutesParts): void {
  const { settings, urls, origins, responses } = parts
  const { path, method, handler, body = SMALL_BODY, anySite = false, onlyApi = false } = route
  // In connect mode no page can offer a sign-in.
  const facts = settings.signsIn && !onlyApi ? { authorizeUrl: urls.startUrl() } : {}
  parseBodies(scope, body)
  scope.setErrorHandler(
    route.onError ??
      ((error, request, reply) => {
        const response = onlyApi ? responses.forApi(error) : responses.forError(request, reply, error, facts)
        return answerError(request, reply, error, response)
      })
  )
  for (const url of spellingsOf(scope, path.slice(settings.prefix.length))) {
    scope.route({
      ...HIDDEN,
      method,
      url,
      exposeHeadRoute: false,
      bodyLimit: body.limit,
      onRequest: (request, _reply, next) => {
        if (method === 'POST' && !anySite) origins.refuseForeign(request)
        next()
      },
      handler: async (request, reply) => send(reply, await handler(request, reply))
    })
    scope.route({
      ...HIDDEN,
      method: [...OTHER_METHODS[method]],
      url,
      exposeHeadRoute: false,
      handler: (_, reply) => send(reply, notAllowed(method))
    })
  }
}

/** The path, and the same with a slash at the end: some proxies add one, and the app's 404 would log the query. */
function spellingsOf(scope: FastifyInstance, url: string): string[] {
  const { ignoreTrailingSlash, routerOptions } = scope.initialConfig
  const isSame = ignoreTrailingSlash === true || routerOptions?.ignoreTrailingSlash === true || url.endsWith('/')
  return isSame ? [url] : [url, `${url}/`]
}

function answerError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  response: PlainResponse
): FastifyReply {
  // A failure of the app is answered as it answers its other failures. Its refusals, such as of a rate limit, are answered here.
  if (response.statusCode >= 500 && !(error instanceof GoogleAuthError)) throw error
  if (response.statusCode >= 500) request.log.error({ err: error }, 'A request to Google sign-in failed')
  return send(reply, response)
}

function notAllowed(allow: string): PlainResponse {
  return { statusCode: 405, headers: { ...PRIVATE_HEADERS, allow }, body: '' }
}
