import { LoginAttemptError } from '../../core/errors/sign-in.js'
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ATTEMPT_LIFE_MS, type LoginAttempt } from '../../core/flow/login-attempt.js'
import type { Sealer } from '../../core/lib/sealing.js'

/** Sign-ins that one browser may have under way. */
const MAX_ATTEMPTS = 5
/** All attempts of a browser together: servers refuse requests with too large a header. */
const MAX_BYTES = 6_000

/** What a browser keeps while its user is at Google. */
export interface HeldAttempt {
  attempt: LoginAttempt
  returnTo: string
  /** The user who was signed in when a guard asked for more scopes. */
  askedFor?: string
  /** This is the one extra round for a refresh token: the user is signed in already. */
  extraRound?: true
}

/**
 * Login attempts in sealed cookies, one each, so that nothing is written to the store before a sign-in succeeds and
 * tabs do not get into each other's way. Bound to the browser by being in it, to the client by the seal.
 */
export class AttemptCookies {
  readonly #sealer: Sealer
  readonly #clientId: string
  readonly #prefix: string
  readonly #secure: boolean

  constructor(sealer: Sealer, clientId: string, secure: boolean) {
    this.#sealer = sealer
    this.#clientId = clientId
    this.#secure = secure
    this.#prefix = `${secure ? '__Host-' : ''}google-auth-attempt-`
  }

  /** Gives the browser one more attempt; the oldest go when there are too many. */
  put(request: FastifyRequest, reply: FastifyReply, held: HeldAttempt): void {
    const name = this.#nameFor(held.attempt.state)
    const value = this.#sealer.seal(JSON.stringify(held), this.#clientId, name)
    let bytes = name.length + value.length
    const others = Object.keys(request.cookies)
      .filter((other) => other.startsWith(this.#prefix) && other !== name)
      .map((other) => ({
        other,
        at: this.#open(request, other)?.attempt.createdAt ?? 0,
        size: other.length + (request.cookies[other]?.length ?? 0)
      }))
      .sort((a, b) => b.at - a.at)
    others.forEach(({ other, size }, index) => {
      bytes += size
      if (index >= MAX_ATTEMPTS - 1 || bytes > MAX_BYTES) this.#clear(reply, other)
    })
    reply.setCookie(name, value, { ...this.#attributes(), maxAge: ATTEMPT_LIFE_MS / 1000 })
  }

  /**
   * The attempt that `state` names, taken out of the browser. Throws a `LoginAttemptError`: `missing` when the browser
   * holds none of that name, `forged` when it does not open.
   */
  take(request: FastifyRequest, reply: FastifyReply, state: string): HeldAttempt {
    const name = this.#nameFor(state)
    if (request.cookies[name] === undefined) throw new LoginAttemptError('missing')
    this.#clear(reply, name)
    const held = this.#open(request, name)
    if (held === null) throw new LoginAttemptError('forged')
    return held
  }

  #open(request: FastifyRequest, name: string): HeldAttempt | null {
    const opened = this.#sealer.open(request.cookies[name] ?? '', this.#clientId, name)
    return opened === null ? null : (JSON.parse(opened.text) as HeldAttempt)
  }

  #clear(reply: FastifyReply, name: string): void {
    reply.clearCookie(name, this.#attributes())
  }

  /** The state stays out of the name: a name is easier to see than a value. */
  #nameFor(state: string): string {
    return this.#prefix + createHash('sha256').update(state).digest('base64url').slice(0, 16)
  }

  #attributes(): { path: '/'; httpOnly: true; secure: boolean; sameSite: 'lax' } {
    return { path: '/', httpOnly: true, secure: this.#secure, sameSite: 'lax' }
  }
}
