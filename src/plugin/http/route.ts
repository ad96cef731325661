import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BodyRule } from './body.js'
import type { PlainResponse } from './error-responses.js'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<PlainResponse>
type ErrorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply

/** A route of this plugin. Any other method on its path is refused. */
export interface Route {
  path: string
  method: 'GET' | 'POST'
  handler: Handler
  /** The bodies that it takes. Default: `SMALL_BODY`. */
  body?: BodyRule
  /** Whether its errors are JSON, also for browsers. Default: a page for browsers. */
  onlyApi?: boolean
  /** Answers its errors in a form of its own. */
  onError?: ErrorHandler
  /** Whether other sites may post to it, because the route itself checks where a request is from. */
  anySite?: boolean
}
