import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { PRIVATE_HEADERS, send, type Answer, type Answers } from './http/error-responses.js'
import { revokeRoute, signOutRoute, type EndRouteParts } from './sign-out/sign-out-routes.js'
import { refuseCrossSite } from './http/navigation.js'
import { returnRoute, type ReturnParts } from './sign-in/return-route.js'
import { startRoute } from './sign-in/start-route.js'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<Answer>

/** Methods that a path must not hand on to the app's 404, which would log a URL with a code in it. */
const OTHER_METHODS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The four routes, in a scope of their own: its error handler, parsers and headers are nobody else's. */
export async function addRoutes(app: FastifyInstance, parts: ReturnParts & EndRouteParts): Promise<void> {
  const { paths, redirectUri } = parts.settings
  await app.register((scope, _options, done) => {
    scope.setErrorHandler((error, request, reply) =>
      answerError(parts.answers, parts.urls.startUrl(), request, reply, error)
    )
    scope.addHook('onSend', (_request, reply, payload, next) => {
      void reply.headers(PRIVATE_HEADERS)
      next(null, payload)
    })
    // A browser's form is a form; nothing in the body is needed.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, payload, next) => {
      payload.resume()
      next(null)
    })
    const add = (method: string | string[], url: string, handler: Handler, more: Partial<RouteOptions> = {}): void => {
      scope.route({
        method,
        url,
        exposeHeadRoute: false,
        logSerializers: { req: withoutQuery },
        handler: async (request, reply) => send(reply, await handler(request, reply)),
        ...more
      })
    }
    const ownSite: Partial<RouteOptions> = {
      onRequest: (request, _reply, next) => {
        refuseCrossSite(request, redirectUri.origin)
        next()
      }
    }
    add('GET', paths.start, startRoute(parts))
    add('GET', paths.return, returnRoute(parts))
    add(OTHER_METHODS, paths.return, notAllowed('GET'))
    add('POST', paths.signOut, signOutRoute(parts), ownSite)
    add('POST', paths.revoke, revokeRoute(parts), ownSite)
    done()
  })
}

function answerError(
  answers: Answers,
  authorizeUrl: string,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown
): FastifyReply {
  const answer = answers.forError(request, reply, error, { authorizeUrl })
  if (answer.statusCode >= 500) request.log.error({ err: error }, 'A request to Google sign-in failed')
  return send(reply, answer)
}

function notAllowed(allow: string): Handler {
  return () => Promise.resolve({ statusCode: 405, headers: { ...PRIVATE_HEADERS, allow }, body: '' })
}

/** What the log shows of a request: its path alone, since the query holds codes and states. */
function withoutQuery(request: FastifyRequest): Record<string, unknown> {
  const { method, url, host, ip, socket } = request
  return { method, url: url.split('?', 1)[0], host, remoteAddress: ip, remotePort: socket.remotePort }
}
