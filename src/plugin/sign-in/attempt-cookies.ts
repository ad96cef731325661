import { deflateSync, inflateSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LoginAttemptError, ReturnToError } from '../../core/errors/sign-in.js'
import { ATTEMPT_LIFE_MS, type LoginAttempt } from '../../core/flow/login-attempt.js'
import { sha256 } from '../../core/lib/sha256.js'
import type { Sealer } from '../../core/lib/sealing.js'
import { packJson, unpackJson } from '../../core/token/packed-json.js'
import type { Cookies } from '../http/cookies.js'
import type { Settings } from '../options/options.js'

/** Sign-ins that one browser can have under way. */
const MOST_ATTEMPTS = 5
/** The cookies of all attempts of a browser: servers refuse requests with large headers. */
const MOST_BYTES = 6_000
/** One cookie: browsers drop cookies above 4,096 bytes. */
const MOST_COOKIE_BYTES = 3_900
/** Kept free for each further attempt when a `return_to` is long, so that a short one always fits. */
const RESERVED_BYTES = 600

/** Characters from which deflating saves more bytes than it costs: most attempts are shorter. */
const LONG = 400
/** The first byte of what `deflateSync` makes. An object in JSON has another one. */
const DEFLATED = 0x78

/** What a browser keeps while its user is at Google, in a sealed cookie. */
export interface HeldAttempt {
  attempt: LoginAttempt
  returnTo: string
  /** SHA-256 of the user who was signed in when more scopes were asked for. */
  askedOf?: string
  /** SHA-256 of the owner that connects an account. The attempt of a sign-in has none. */
  connectOf?: string
  /** The account that a connect asked for: a `sub` or an e-mail address. */
  wanted?: string
  /** How a page names that account, where it is connected already. */
  wantedName?: string
  /** `prompt=none`: no page is shown at Google, and after a refusal the browser goes to `returnTo`. */
  silent?: true
  /** `prompt=select_account`: this is a new sign-in, also when the same user comes back. */
  fresh?: true
  /** The second visit to Google, for a refresh token. The user is already signed in. */
  extraRound?: true
}

/**
 * Login attempts, each in its own sealed cookie: nothing is stored before a sign-in succeeds, and the tabs of a browser do not
 * disturb each other. The cookie binds an attempt to the browser, the seal binds it to the OAuth client.
 */
export class AttemptCookies {
  readonly #sealer: Sealer
  readonly #settings: Settings
  readonly #cookies: Cookies

  constructor(sealer: Sealer, settings: Settings, cookies: Cookies) {
    this.#sealer = sealer
    this.#settings = settings
    this.#cookies = cookies
  }

  /**
   * Gives the browser one more attempt; beyond five, the oldest is removed. Throws a `ReturnToError` when `returnTo` is too
   * long for the space that the other attempts leave: none of them is removed because a new one is large.
   */
  put(request: FastifyRequest, reply: FastifyReply, held: HeldAttempt): void {
    const name = this.#nameFor(held.attempt.state)
    const value = this.#seal(name, held)
    const size = name.length + value.length
    const others = this.#others(request, reply, name)
    const kept = others.slice(0, MOST_ATTEMPTS - 1)
    const free = MOST_BYTES - kept.reduce((sum, other) => sum + other.size, 0)
    const reserved = size > RESERVED_BYTES ? (MOST_ATTEMPTS - 1 - kept.length) * RESERVED_BYTES : 0
    if (size > MOST_COOKIE_BYTES || size + reserved > free) throw new ReturnToError()
    others.slice(MOST_ATTEMPTS - 1).forEach((other) => this.#clear(reply, other.name))
    reply.setCookie(name, value, { ...this.#cookies.attributes, maxAge: ATTEMPT_LIFE_MS / 1000 })
  }

  /**
   * The attempt with this `state`, removed from the browser. Throws a `LoginAttemptError`: `missing` when the browser does not
   * have it, `forged` when it does not open.
   */
  take(request: FastifyRequest, reply: FastifyReply, state: string): HeldAttempt {
    const name = this.#nameFor(state)
    if (request.cookies[name] === undefined) throw new LoginAttemptError('missing', undefined, this.#loopbackHint())
    this.#clear(reply, name)
    const held = this.#open(request, name)
    // An attempt that this request begins must not count it either.
    Reflect.deleteProperty(request.cookies, name)
    if (held === null) throw new LoginAttemptError('forged')
    return held
  }

  /** The other attempts of the browser, the newest first. Cookies that have ended or do not open are cleared. */
  #others(request: FastifyRequest, reply: FastifyReply, own: string): { name: string; size: number }[] {
    const prefix = this.#cookies.attempt('')
    const live: { name: string; size: number; createdAt: number }[] = []
    for (const [name, value = ''] of Object.entries(request.cookies)) {
      if (!name.startsWith(prefix) || name === own) continue
      const createdAt = this.#open(request, name)?.attempt.createdAt ?? 0
      if (createdAt > Date.now() - ATTEMPT_LIFE_MS) live.push({ name, size: name.length + value.length, createdAt })
      else this.#clear(reply, name)
    }
    return live.sort((one, other) => other.createdAt - one.createdAt)
  }

  /** Short, because a browser sends five attempts with each request: without the values that the seal binds. */
  #seal(name: string, { attempt, ...held }: HeldAttempt): string {
    const { clientId: _id, redirectUri: _uri, ...kept } = attempt
    const text = packJson({ ...held, attempt: kept })
    return this.#sealer.seal(text.length < LONG ? text : deflateSync(text), ...this.#context(name))
  }

  #open(request: FastifyRequest, name: string): HeldAttempt | null {
    const opened = this.#sealer.open(request.cookies[name] ?? '', ...this.#context(name))
    if (opened === null) return null
    const { plain } = opened
    const text = plain[0] === DEFLATED ? inflateSync(plain) : plain
    const { attempt, ...held } = unpackJson(text.toString()) as HeldAttempt
    const { client, redirectUri } = this.#settings
    return { ...held, attempt: { ...attempt, clientId: client.clientId, redirectUri: redirectUri.href } }
  }

  #context(name: string): string[] {
    return [...this.#settings.clientNames, this.#settings.redirectUri.href, name]
  }

  #clear(reply: FastifyReply, name: string): void {
    reply.clearCookie(name, this.#cookies.attributes)
  }

  /** The name of the cookie: a hash, because names of cookies are often logged and the state is secret. */
  #nameFor(state: string): string {
    return this.#cookies.attempt(sha256(state).slice(0, 16))
  }

  /** Help for a developer: cookies belong to one host name, and the own machine has several. */
  #loopbackHint(): string {
    const { host, hostname } = this.#settings.redirectUri
    const other = { localhost: '127.0.0.1', '127.0.0.1': 'localhost', '[::1]': 'localhost' }[hostname]
    if (other === undefined) return ''
    return ` If you opened the app on ${host.replace(hostname, other)}, open it on ${host}, where redirectUri leads back to.`
  }
}
