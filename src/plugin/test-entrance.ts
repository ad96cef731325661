import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HostedDomainError } from '../core/errors/id-token.js'
import { belongsToDomain } from '../core/provider/id-token-claims.js'
import { found } from '../core/storage/found.js'
import type { GrantRef } from '../core/storage/storage.js'
import type { Token } from '../core/token/token.js'
import type { Grants } from '../grants/grants.js'
import type { PlainResponse } from './http/error-responses.js'
import type { Settings } from './options/options.js'
import type { Agree } from './sign-in/admit.js'
import type { Settle } from './sign-in/settle.js'
import type { GoogleUser } from './types/user.js'

/** The name of the entrance on an app. The package does not export it: only `testing/` finds it. */
export const TEST_ENTRANCE = Symbol('fastify-google-auth.testing')

/** Names the sign-in that a request of a test is for. */
const TICKET = 'x-google-auth-test'

/** Somebody who signs in, or an account that is connected, without Google. */
export interface TestGrant {
  grant: GrantRef
  user: GoogleUser
  token: Token
}

export interface TestEntranceParts {
  settings: Settings
  grants: Grants
  agree: Agree
  settle: Settle
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<PlainResponse>

/**
 * The way of tests into an app: it signs somebody in without Google. The sign-in is made in a request of this process to the
 * start route, so that sessions of any kind are written as they always are. The app's hooks are asked as after a real return.
 * A request from outside cannot use it: it needs the ticket of a sign-in that a test of this process waits for.
 */
export class TestEntrance {
  readonly settings: Settings
  readonly #app: FastifyInstance
  readonly #parts: TestEntranceParts
  readonly #waiting = new Map<string, (request: FastifyRequest) => Promise<void>>()

  constructor(app: FastifyInstance, parts: TestEntranceParts) {
    this.settings = parts.settings
    this.#app = app
    this.#parts = parts
  }

  /** `handler`, but for the requests of tests. */
  beside(handler: Handler): Handler {
    return async (request, reply) => {
      const ticket = request.headers[TICKET]
      const work = this.#waiting.size === 0 ? undefined : this.#waiting.get(String(ticket))
      if (work === undefined) return handler(request, reply)
      await work(request)
      return { statusCode: 204, headers: {}, body: '' }
    }
  }

  /** Stores the grant and begins a session. Returns the lines of `Set-Cookie`. Throws what the app's hooks throw. */
  async enter(entering: TestGrant): Promise<string[]> {
    const { paths, redirectUri } = this.settings
    const ticket = randomUUID()
    let outcome: { error?: unknown } | undefined
    this.#waiting.set(ticket, async (request) => {
      outcome = {}
      // The request has come by no network. It is as secure as the redirect URI says, or no secure cookie would be set.
      if (redirectUri.protocol === 'https:') Object.assign(request.raw.socket, { encrypted: true })
      await this.#admit(request, entering).catch((error: unknown) => (outcome = { error }))
    })
    const { statusCode, headers } = await this.#app
      .inject({ url: paths.start, headers: { host: redirectUri.host, [TICKET]: ticket } })
      .finally(() => this.#waiting.delete(ticket))
    if (outcome !== undefined && 'error' in outcome) throw outcome.error
    if (outcome === undefined || statusCode !== 204)
      throw new Error(
        `signIn() sends a request to ${paths.start}, and a hook of the app answered it with ${statusCode}. Let requests to that path pass in tests.`
      )
    return [headers['set-cookie'] ?? []].flat()
  }

  async #admit(request: FastifyRequest, { grant, user, token }: TestGrant): Promise<void> {
    const { settings, grants, agree, settle } = this.#parts
    const { onConnect, owner } = settings.given
    const storage = grants.storageFor(grant.owner, grant.account)
    if (!belongsToDomain(user.hostedDomain, settings.hostedDomains)) throw new HostedDomainError()
    if (owner === undefined) {
      await agree(request, user)
      await storage.put(token)
      await settle(request, user, { scopes: settings.scopes, keepsTime: false })
      return
    }
    const { profile = {} } = token
    const firstConnect = (await found(storage)) === null
    await onConnect?.(request, { ...grant, profile, grantedScopes: [...token.scopes], firstConnect })
    await storage.put(token)
  }
}
