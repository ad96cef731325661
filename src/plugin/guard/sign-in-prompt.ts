import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorFacts, type ErrorResponses, type PlainResponse, redirectTo } from '../http/error-responses.js'
import { isPageVisit } from '../http/navigation.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { RedirectLoopGuard } from '../sign-in/redirect-loop-guard.js'

/** What a response shows beside its error. */
export interface Refusal extends ErrorFacts {
  /** Only JSON, and no redirect: the route takes bearer tokens. */
  onlyApi?: boolean
}

/** What a user must do at Google before the request can be answered. */
export interface Prompt extends Refusal {
  authorizeUrl: string
  /** The user has refused this before, so a page with a link is shown instead of a redirect. */
  refusedBefore?: boolean
  /** After this many sign-ins in a row there is no further redirect. Default: two. */
  rounds?: number
}

/**
 * Sends users to Google. The visit of a page is redirected. Any other request gets a response to `error`: JSON for an API
 * client, a page with a link for the POST of a form and for a frame. A Content-Security-Policy (`form-action`) would stop the
 * redirect of a form, and Google's pages cannot be shown in a frame.
 */
export class SignInPrompt {
  readonly #responses: ErrorResponses
  readonly #loopGuard: RedirectLoopGuard

  readonly #urls: StartUrls

  constructor(responses: ErrorResponses, loopGuard: RedirectLoopGuard, urls: StartUrls) {
    this.#responses = responses
    this.#urls = urls
    this.#loopGuard = loopGuard
  }

  ask(request: FastifyRequest, reply: FastifyReply, error: Error, prompt: Prompt): PlainResponse {
    const { refusedBefore = false, rounds, authorizeUrl, onlyApi = false } = prompt
    const canGo = !onlyApi && !refusedBefore && isPageVisit(request) && !this.#isLoop(request, rounds)
    return canGo ? redirectTo(authorizeUrl) : this.refuse(request, reply, error, prompt)
  }

  #isLoop(request: FastifyRequest, rounds: number | undefined): boolean {
    return this.#urls.endsOf(request).some((page) => this.#loopGuard.isLoop(request, page, rounds))
  }

  /** As `ask`, without a redirect. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: Error, prompt: Refusal): PlainResponse {
    const { onlyApi = false, ...facts } = prompt
    if (!onlyApi) return this.#responses.forError(request, reply, error, facts)
    return withChallenge(this.#responses.forApi(error, facts))
  }

  /** The user has reached a guarded page, so the sign-ins are not a redirect loop. */
  reached(request: FastifyRequest, reply: FastifyReply): void {
    this.#loopGuard.reset(request, reply)
  }
}

/** Says that a bearer token would do. @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function withChallenge(response: PlainResponse): PlainResponse {
  if (response.statusCode !== 401) return response
  return { ...response, headers: { ...response.headers, 'www-authenticate': 'Bearer' } }
}
