import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuthorizationGrant } from '../../core/flow/flow.js'
import type { PlainResponse } from '../http/error-responses.js'
import type { HeldAttempt } from './attempt-cookies.js'

/** What `finish` returned; `first: false`: to another request, with the same code. */
export interface Finished<Outcome> {
  id: string
  outcome: Outcome | null
  first: boolean
}

/** What a return is for: to sign in, or to connect an account. `Outcome` is plain data without secrets. */
export interface ReturnPurpose<Outcome> {
  /** Throws unless this browser may finish the attempt. Nothing has left the server. */
  check(request: FastifyRequest, held: HeldAttempt): void
  /** The checked return. Throws as `OAuth2WebServerFlow.readReturn` does. */
  read(query: URLSearchParams, held: HeldAttempt): AuthorizationGrant
  /**
   * Exchanges and stores, once for each attempt in all processes. `id` is for the session that this return may make. `null`:
   * the session with this id is all of the outcome.
   */
  finish(request: FastifyRequest, grant: AuthorizationGrant, held: HeldAttempt, id: string): Promise<Outcome | null>
  /** The response, also to a second request with the same code. */
  answer(
    request: FastifyRequest,
    reply: FastifyReply,
    held: HeldAttempt,
    finished: Finished<Outcome>
  ): Promise<PlainResponse>
  /** The response to a return that failed. Throws an error of the app that the app must answer itself. */
  failed(
    request: FastifyRequest,
    reply: FastifyReply,
    held: HeldAttempt | undefined,
    error: unknown
  ): Promise<PlainResponse>
}
