import type { FastifyInstance } from 'fastify'
import type { PlainResponse } from '../http/error-responses.js'
import { requestSlot } from '../request-slot.js'
import type { Guard } from './guard.js'

/** Headers that belong to the replaced response only. */
const ABOUT_THE_BODY = ['content-type', 'content-length', 'content-encoding', 'etag', 'last-modified']

/**
 * Adds hooks that answer errors of handlers as the guard would, when the user must go to Google. `onError` finds the response
 * and `onSend` replaces that of the app's error handler, which stays in use for all other errors.
 */
export function answerBehindGuards(app: FastifyInstance, guard: Guard): void {
  const replacements = requestSlot<PlainResponse>(app, 'replacement')
  app.addHook('onError', async (request, reply, error) => {
    const response = await guard.responseTo(request, reply, error)
    if (response !== null) replacements.set(request, response)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const response = replacements.get(request)
    if (response === null) {
      guard.passed(request, reply)
      return done(null, payload)
    }
    replacements.set(request, null)
    for (const name of ABOUT_THE_BODY) reply.removeHeader(name)
    void reply.code(response.statusCode).headers(response.headers)
    done(null, response.body)
  })
}
