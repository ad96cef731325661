import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorFacts, type ErrorResponses, type PlainResponse, redirectTo } from '../http/error-responses.js'
import { isPageVisit } from '../http/navigation.js'
import type { RedirectLoopGuard } from '../sign-in/redirect-loop-guard.js'

/** What is asked of somebody who has to go to Google first. */
export interface Prompt extends ErrorFacts {
  authorizeUrl: string
  /** They have said no to this before: they are shown a page with a link, and not sent round again. */
  refusedBefore?: boolean
}

/**
 * Sends people to Google: the visit of a page is redirected. All others are told by `error`: a form's POST and a frame get
 * a page with a link, since Google's pages refuse to stand in a frame and a Content-Security-Policy (`form-action`) stops
 * a form that is redirected; an API client gets JSON.
 */
export class SignInPrompt {
  readonly #responses: ErrorResponses
  readonly #loopGuard: RedirectLoopGuard

  constructor(responses: ErrorResponses, loopGuard: RedirectLoopGuard) {
    this.#responses = responses
    this.#loopGuard = loopGuard
  }

  ask(request: FastifyRequest, reply: FastifyReply, error: Error, prompt: Prompt): PlainResponse {
    const { refusedBefore = false, ...facts } = prompt
    const sent = isPageVisit(request) && !refusedBefore && !this.#loopGuard.isLoop(request)
    return sent ? redirectTo(facts.authorizeUrl) : this.#responses.forError(request, reply, error, facts)
  }

  /** A guarded page was reached: the last sign-in led somewhere. */
  reached(request: FastifyRequest, reply: FastifyReply): void {
    this.#loopGuard.reset(request, reply)
  }
}
