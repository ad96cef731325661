import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GoogleAuthError } from '../core/errors/base.js'
import { PRIVATE_HEADERS, send, type ErrorResponses, type PlainResponse } from './http/error-responses.js'
import { discreetLogger } from './http/request-log.js'
import type { RequestOrigins } from './http/request-origin.js'
import type { Settings } from './options/options.js'
import type { StartUrls } from './sign-in/start-url.js'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<PlainResponse>

/** A route of this plugin. Any other method on its path is refused. */
export interface Route {
  path: string
  method: 'GET' | 'POST'
  handler: Handler
}

export interface RoutesParts {
  settings: Settings
  urls: StartUrls
  origins: RequestOrigins
  responses: ErrorResponses
  /** Whether users sign in with Google, so that a page can offer that. */
  signsIn: boolean
}

/**
 * The methods that are refused, by the method of a route. They are answered here, because the app's 404 would log a URL with
 * a code in it. `OPTIONS` before a POST is left to @fastify/cors.
 */
const OTHER_METHODS = {
  GET: ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  POST: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']
}

/** Adds the routes in their own scope. Its error handler, parsers, headers and log are for these routes only. */
export async function addRoutes(app: FastifyInstance, routes: readonly Route[], parts: RoutesParts): Promise<void> {
  const { settings, urls, origins, responses, signsIn } = parts
  await app.register((scope, _options, done) => {
    scope.setErrorHandler((error, request, reply) =>
      answerError(responses, signsIn ? urls.startUrl() : undefined, request, reply, error)
    )
    const ofTheApp = scope.childLoggerFactory
    scope.setChildLoggerFactory(function (logger, ...rest) {
      return discreetLogger(ofTheApp.call(this, logger, ...rest))
    })
    scope.addHook('onSend', (_request, reply, payload, next) => {
      void reply.headers(PRIVATE_HEADERS)
      next(null, payload)
    })
    // The routes need nothing of a body, so any type of body is accepted and dropped.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, next) => {
      payload.resume()
      next(null)
    })
    for (const { path, method, handler } of routes) {
      const url = path.slice(settings.prefix.length)
      scope.route({
        method,
        url,
        exposeHeadRoute: false,
        onRequest: (request, _reply, next) => {
          if (method === 'POST') origins.refuseForeign(request)
          next()
        },
        handler: async (request, reply) => send(reply, await handler(request, reply))
      })
      scope.route({
        method: [...OTHER_METHODS[method]],
        url,
        exposeHeadRoute: false,
        handler: (_, reply) => send(reply, notAllowed(method))
      })
    }
    done()
  })
}

function answerError(
  responses: ErrorResponses,
  authorizeUrl: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown
): FastifyReply {
  const response = responses.forError(request, reply, error, authorizeUrl === undefined ? {} : { authorizeUrl })
  // The app answers an error that is not of this package, as it answers its own errors.
  if (response.statusCode >= 500 && !(error instanceof GoogleAuthError)) throw error
  if (response.statusCode >= 500) request.log.error({ err: error }, 'A request to Google sign-in failed')
  return send(reply, response)
}

function notAllowed(allow: string): PlainResponse {
  return { statusCode: 405, headers: { ...PRIVATE_HEADERS, allow }, body: '' }
}
