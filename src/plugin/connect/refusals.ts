import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Sealer } from '../../core/lib/sealing.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import type { Cookies } from '../http/cookies.js'
import type { Settings } from '../options/options.js'
import { sha256 } from '../../core/lib/sha256.js'

/** How long a refusal is remembered, in seconds: a day. */
const MEMORY_S = 86_400
/** Refusals of so many accounts are remembered in one browser. */
const MOST_ACCOUNTS = 10
const NAME_LENGTH = 16

/** Scopes by the name of an owner and account. */
type Refused = Record<string, string[]>

/**
 * What the user of a browser did not grant when an account was asked for, in a sealed cookie. A guard does not send them to
 * Google for it again; a link on its page does. `account` is `undefined` for an account that was yet to be chosen.
 */
export class Refusals {
  readonly #sealer: Sealer
  readonly #context: readonly string[]
  readonly #cookies: Cookies

  constructor(sealer: Sealer, { clientNames, redirectUri }: Settings, cookies: Cookies) {
    this.#sealer = sealer
    this.#context = [...clientNames, redirectUri.href, 'refusals']
    this.#cookies = cookies
  }

  /** The scopes that were refused; empty for none. */
  of(request: FastifyRequest, owner: string, account: string | undefined): readonly string[] {
    return this.#read(request)[nameOf(owner, account)] ?? []
  }

  remember(
    request: FastifyRequest,
    reply: FastifyReply,
    owner: string,
    account: string | undefined,
    scopes: string[]
  ): void {
    const { [nameOf(owner, account)]: before = [], ...others } = this.#read(request)
    if (scopes.length === 0) return
    const kept = Object.entries(others).slice(1 - MOST_ACCOUNTS)
    this.#write(reply, Object.fromEntries([...kept, [nameOf(owner, account), mergeScopes(before, scopes)]]))
  }

  /** Forgets what has been granted now. */
  granted(
    request: FastifyRequest,
    reply: FastifyReply,
    owner: string,
    account: string,
    scopes: readonly string[]
  ): void {
    const before = this.#read(request)
    const after: Refused = {}
    for (const [name, refused] of Object.entries(before)) {
      if (name === nameOf(owner, undefined)) continue
      const left = name === nameOf(owner, account) ? missingFrom(scopes, refused) : refused
      if (left.length > 0) after[name] = left
    }
    if (JSON.stringify(after) !== JSON.stringify(before)) this.#write(reply, after)
  }

  #read(request: FastifyRequest): Refused {
    const opened = this.#sealer.open(request.cookies[this.#cookies.refusals] ?? '', ...this.#context)
    return opened === null ? {} : (JSON.parse(opened.plain.toString()) as Refused)
  }

  #write(reply: FastifyReply, refused: Refused): void {
    const { refusals, attributes } = this.#cookies
    if (Object.keys(refused).length === 0) reply.clearCookie(refusals, attributes)
    else
      reply.setCookie(refusals, this.#sealer.seal(JSON.stringify(refused), ...this.#context), {
        ...attributes,
        maxAge: MEMORY_S
      })
  }
}

function nameOf(owner: string, account: string | undefined): string {
  return sha256(JSON.stringify([owner, account ?? null])).slice(0, NAME_LENGTH)
}
