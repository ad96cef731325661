import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Cookies } from '../http/cookies.js'

/** Sign-ins in a row that led nowhere, after which a person is asked instead of sent to Google again. */
const MOST_SIGN_INS = 2
/** A row of sign-ins is one only when they follow each other this closely. */
const MEMORY_S = 60

/**
 * Counts the sign-ins that were not followed by a page, so that a sign-in which does not help (a session cookie that the
 * browser does not keep, a grant that dies at once) ends at a page and not in a redirect loop. Forging the count harms
 * nobody but the forger.
 */
export class RedirectLoopGuard {
  readonly #name: string
  readonly #attributes: Cookies['attributes']

  constructor({ signInCount, attributes }: Cookies) {
    this.#name = signInCount
    this.#attributes = attributes
  }

  /** One more sign-in was completed. */
  count(request: FastifyRequest, reply: FastifyReply): void {
    reply.setCookie(this.#name, String(this.#countOf(request) + 1), { ...this.#attributes, maxAge: MEMORY_S })
  }

  /** The last sign-in led somewhere, or the user signed out. */
  reset(request: FastifyRequest, reply: FastifyReply): void {
    if (request.cookies[this.#name] !== undefined) reply.clearCookie(this.#name, this.#attributes)
  }

  /** Whether another sign-in would be one too many. */
  isLoop(request: FastifyRequest): boolean {
    return this.#countOf(request) >= MOST_SIGN_INS
  }

  #countOf(request: FastifyRequest): number {
    const value = request.cookies[this.#name] ?? ''
    return /^\d$/.test(value) ? Number(value) : 0
  }
}
