import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PlainResponse } from '../http/error-responses.js'
import type { Guard } from './guard.js'

/** Headers of a response that say nothing about the one in its place. */
const ABOUT_THE_BODY = ['content-type', 'content-length', 'content-encoding', 'etag', 'last-modified']

/**
 * Errors that mean "sign in" are answered as the guard would, also when a handler throws them: `onError` runs before
 * `onSend`, so the app keeps its own error handler for everything else.
 */
export function answerBehindGuards(app: FastifyInstance, guard: Guard): void {
  const pending = new WeakMap<FastifyRequest, PlainResponse>()
  app.addHook('onError', async (request, reply, error) => {
    const response = await guard.responseTo(request, reply, error)
    if (response !== null) pending.set(request, response)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const response = pending.get(request)
    if (response === undefined) {
      guard.passed(request, reply)
      return done(null, payload)
    }
    pending.delete(request)
    for (const name of ABOUT_THE_BODY) reply.removeHeader(name)
    void reply.code(response.statusCode).headers(response.headers)
    done(null, response.body)
  })
}
