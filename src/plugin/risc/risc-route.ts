import type { FastifyRequest } from 'fastify'
import { GoogleAuthError, retryAfterHeader } from '../../core/errors/base.js'
import { SecurityEventRefusal, TransmitterUnavailable } from '../../core/risc/refusals.js'
import type { BodyRule } from '../http/body.js'
import { PRIVATE_HEADERS, send, type PlainResponse } from '../http/error-responses.js'
import type { Route } from '../http/route.js'
import { EVENT } from '../log-events.js'
import type { Receive } from './receive.js'

/** A security event token has less than 2 KiB. */
const LONGEST_TOKEN = 65_536

/** The content type is not looked at: what counts is whether the body is a signed token. */
const TOKEN_BODY: BodyRule = { limit: LONGEST_TOKEN, parsers: { '*': (text) => text.trim() } }

const ACCEPTED: PlainResponse = { statusCode: 202, headers: { ...PRIVATE_HEADERS }, body: '' }

/**
 * The route that Google posts security events to.
 * @see https://www.rfc-editor.org/rfc/rfc8935
 */
export function riscRoute(path: string, receive: Receive): Route {
  return {
    path,
    method: 'POST',
    body: TOKEN_BODY,
    async handler({ body }) {
      if (typeof body !== 'string' || body === '') {
        throw new SecurityEventRefusal('invalid_request', 'The body is empty. It must be a signed JWT in compact form.')
      }
      await receive(body)
      return ACCEPTED
    },
    onError: (error, request, reply) => send(reply, responseTo(error, request))
  }
}

function responseTo(error: unknown, { log }: FastifyRequest): PlainResponse {
  if (error instanceof SecurityEventRefusal) {
    const { err, message } = error
    log.info({ event: EVENT.securityEventRefused, reason: err, description: message }, 'A security event was refused')
    return refused(err, message)
  }
  const { statusCode = 500 } = error as { statusCode?: number }
  // Too long, or from a page of another site.
  if (statusCode < 500) return refused('invalid_request', 'The request is not one of a sender of events.')
  // Trouble that is known passes by itself. Any other may be one of a storage of the app.
  const isKnown = error instanceof TransmitterUnavailable || error instanceof GoogleAuthError
  log[isKnown ? 'warn' : 'error']({ err: error }, 'A security event could not be worked on. Google sends it again.')
  return { statusCode: 503, headers: { ...PRIVATE_HEADERS, ...retryAfterHeader() }, body: '' }
}

/** @see https://www.rfc-editor.org/rfc/rfc8935#section-2.3 */
function refused(err: string, description: string): PlainResponse {
  const headers = { ...PRIVATE_HEADERS, 'content-type': 'application/json', 'content-language': 'en' }
  return { statusCode: 400, headers, body: JSON.stringify({ err, description }) }
}
