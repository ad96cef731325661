import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cookies } from '../http/cookies.js'

/** After this many sign-ins in a row without a guarded page, a page with a link is shown instead of a redirect. */
const MOST_SIGN_INS = 2
/** Sign-ins are in a row when each begins within this time of the last one. */
const MEMORY_S = 60

/**
 * Counts the sign-ins without a guarded page after them. So a sign-in that does not help (the browser drops the session
 * cookie, the grant is lost at once) ends at a page and not in a redirect loop. A user who forges the count harms no other.
 */
export class RedirectLoopGuard {
  readonly #name: string
  readonly #attributes: Cookies['attributes']

  constructor({ signInCount, attributes }: Cookies) {
    this.#name = signInCount
    this.#attributes = attributes
  }

  /** Counts a completed sign-in. */
  count(request: FastifyRequest, reply: FastifyReply): void {
    reply.setCookie(this.#name, String(this.#countOf(request) + 1), { ...this.#attributes, maxAge: MEMORY_S })
  }

  /** Starts the count again: the user has reached a guarded page. */
  reset(request: FastifyRequest, reply: FastifyReply): void {
    if (request.cookies[this.#name] !== undefined) reply.clearCookie(this.#name, this.#attributes)
  }

  /** Whether another redirect would continue a loop. */
  isLoop(request: FastifyRequest, most = MOST_SIGN_INS): boolean {
    return this.#countOf(request) >= most
  }

  #countOf(request: FastifyRequest): number {
    const value = request.cookies[this.#name] ?? ''
    return /^\d$/.test(value) ? Number(value) : 0
  }
}
