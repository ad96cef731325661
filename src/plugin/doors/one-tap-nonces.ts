import { randomBytes } from '../../core/lib/random.js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { VerifyJwtTokenError } from '../../core/errors/id-token.js'
import { sha256 } from '../../core/lib/sha256.js'
import type { Sealer } from '../../core/lib/sealing.js'
import type { Cookies } from '../http/cookies.js'
import type { Settings } from '../options/options.js'

/** How long a nonce is good. */
export const NONCE_LIFE_MS = 600_000
/** Nonces that one browser can have: one for each page that is open. */
const MOST = 5
const RANDOM_BYTES = 24

/**
 * Nonces of Google's button and One Tap, each in a sealed cookie of its own, so that pages in several tabs do not disturb each
 * other. Google posts the credential from its own site, so the cookies are `SameSite=None`, which needs `Secure`.
 * @see https://developers.google.com/identity/gsi/web/reference/html-reference#data-nonce
 */
export class OneTapNonces {
  readonly #sealer: Sealer
  readonly #context: readonly string[]
  readonly #cookies: Cookies
  readonly #attributes: Cookies['attributes']

  constructor(sealer: Sealer, { clientNames, redirectUri }: Settings, cookies: Cookies) {
    this.#sealer = sealer
    this.#context = [...clientNames, redirectUri.href]
    this.#cookies = cookies
    this.#attributes = { ...cookies.attributes, sameSite: 'none', secure: true }
  }

  /** A new nonce for `data-nonce`, which the browser keeps. Beyond five, the oldest is removed. A page with one is not stored. */
  make(request: FastifyRequest, reply: FastifyReply): string {
    const nonce = randomBytes(RANDOM_BYTES).toString('base64url')
    const name = this.#nameFor(nonce)
    this.#held(request)
      .slice(MOST - 1)
      .forEach((oldest) => this.#clear(reply, oldest))
    const value = this.#sealer.seal(String(Date.now()), ...this.#context, name)
    reply.setCookie(name, value, { ...this.#attributes, maxAge: NONCE_LIFE_MS / 1000 })
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'private, no-store')
    return nonce
  }

  /**
   * Checks the nonce of a token, and takes it from the browser. A browser that holds nonces must send a token with one of them;
   * a nonce that it does not hold was not made here, or was used. Throws a `VerifyJwtTokenError`.
   */
  take(request: FastifyRequest, reply: FastifyReply, nonce: string | undefined): void {
    const held = this.#held(request)
    if (nonce === undefined && held.length === 0) return
    const name = nonce === undefined ? '' : this.#nameFor(nonce)
    if (!held.includes(name)) throw new VerifyJwtTokenError('mismatch', 'nonce')
    this.#clear(reply, name)
  }

  /** The names of the cookies that hold a nonce, the newest first. */
  #held(request: FastifyRequest): string[] {
    const prefix = this.#cookies.oneTapNonce('')
    const madeAt = (name: string): number => {
      const opened = this.#sealer.open(request.cookies[name] ?? '', ...this.#context, name)
      return Number(opened?.plain.toString() ?? 0)
    }
    return Object.keys(request.cookies)
      .filter((name) => name.startsWith(prefix))
      .map((name) => ({ name, at: madeAt(name) }))
      .filter(({ at }) => at > Date.now() - NONCE_LIFE_MS)
      .sort((one, other) => other.at - one.at)
      .map(({ name }) => name)
  }

  #clear(reply: FastifyReply, name: string): void {
    reply.clearCookie(name, this.#attributes)
  }

  /** A hash, because a page that could read the name of a cookie must not learn the nonce. */
  #nameFor(nonce: string): string {
    return this.#cookies.oneTapNonce(sha256(nonce).slice(0, 16))
  }
}
