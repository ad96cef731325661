import type { FastifyReply, FastifyRequest } from 'fastify'
import { sha256 } from '../../core/lib/sha256.js'
import type { Cookies } from '../http/cookies.js'

/** After this many sign-ins in a row that end at one page, it shows a link instead of a redirect. */
const MOST_SIGN_INS = 2
/** Sign-ins are in a row when each begins within this time of the last one. */
const MEMORY_S = 60
/** Of the hash of a page: 66 bits, enough to tell the pages of one browser apart. */
const HASH_LENGTH = 11

/**
 * Counts the sign-ins that end at one page until a guarded page is reached. So a sign-in that does not help (the browser drops
 * the session cookie, the grant is lost at once) ends at a page and not in a redirect loop. Sign-ins that end at other pages are
 * those of a user who follows links. A user who forges the count harms no other.
 */
export class RedirectLoopGuard {
  readonly #name: string
  readonly #attributes: Cookies['attributes']

  constructor({ signInCount, attributes }: Cookies) {
    this.#name = signInCount
    this.#attributes = attributes
  }

  /** Counts a completed sign-in that ends at `page`. */
  count(request: FastifyRequest, reply: FastifyReply, page: string): void {
    const value = `${this.#countOf(request, page) + 1}.${hashOf(page)}`
    reply.setCookie(this.#name, value, { ...this.#attributes, maxAge: MEMORY_S })
  }

  /** Starts the count again: the user has reached a guarded page. */
  reset(request: FastifyRequest, reply: FastifyReply): void {
    if (request.cookies[this.#name] !== undefined) reply.clearCookie(this.#name, this.#attributes)
  }

  /** Whether another sign-in that ends at `page` would continue a loop. */
  isLoop(request: FastifyRequest, page: string, most = MOST_SIGN_INS): boolean {
    return this.#countOf(request, page) >= most
  }

  #countOf(request: FastifyRequest, page: string): number {
    const [count = '', hash] = (request.cookies[this.#name] ?? '').split('.')
    return /^\d$/.test(count) && hash === hashOf(page) ? Number(count) : 0
  }
}

function hashOf(page: string): string {
  return sha256(page).slice(0, HASH_LENGTH)
}
