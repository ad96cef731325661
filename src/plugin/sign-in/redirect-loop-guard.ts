import type { FastifyReply, FastifyRequest } from 'fastify'

const COOKIE = 'google-auth-rounds'
/** Sign-ins in a row that led nowhere, after which a person is asked instead of sent round again. */
const MAX_ROUNDS = 2
/** A row of sign-ins is one only when they follow each other this closely. */
const MEMORY_S = 60

/**
 * Counts the sign-ins that were not followed by a page, so that a sign-in which does not help (a session cookie that the
 * browser does not keep, a grant that dies at once) ends at a page and not in a redirect loop. Forging the count harms
 * nobody but the forger.
 */
export class SignInRounds {
  readonly #attributes: { path: '/'; httpOnly: true; sameSite: 'lax'; secure: boolean }

  constructor(secure: boolean) {
    this.#attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure }
  }

  /** One more sign-in was completed. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    reply.setCookie(COOKIE, String(countOf(request) + 1), { ...this.#attributes, maxAge: MEMORY_S })
  }

  /** The last sign-in led somewhere, or the user signed out. */
  settle(request: FastifyRequest, reply: FastifyReply): void {
    if (request.cookies[COOKIE] !== undefined) reply.clearCookie(COOKIE, this.#attributes)
  }

  /** Whether another sign-in would be one too many. */
  exhausted(request: FastifyRequest): boolean {
    return countOf(request) >= MAX_ROUNDS
  }
}

function countOf(request: FastifyRequest): number {
  const value = request.cookies[COOKIE] ?? ''
  return /^\d$/.test(value) ? Number(value) : 0
}
