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

  /**
   * Forgets what is `allowed` now, and remembers what was `refused`. When an account was chosen, what was refused before one was is
   * forgotten.
   */
  learn(
    request: FastifyRequest,
    reply: FastifyReply,
    { owner, account }: { owner: string; account: string | undefined },
    { allowed = [], refused }: { allowed?: readonly string[]; refused: readonly string[] }
  ): void {
    const before = this.#read(request)
    const name = nameOf(owner, account)
    const { [name]: known = [], ...others } = before
    if (account !== undefined) Reflect.deleteProperty(others, nameOf(owner, undefined))
    const left = mergeScopes(missingFrom(allowed, known), refused)
    const kept = Object.entries(others).slice(1 - MOST_ACCOUNTS)
    const after: Refused = Object.fromEntries(left.length === 0 ? kept : [...kept, [name, left]])
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
