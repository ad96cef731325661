import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { GoogleApiError } from '../../core/api/error.js'
import { AccountNotConnectedError } from '../../core/errors/account.js'
import { GrantLostError } from '../../core/errors/grant.js'
import { CrossSiteError } from '../../core/errors/cross-site.js'
import { EmailNotAllowedError, LoginRequiredError } from '../../core/errors/guard.js'
import { mergeScopes } from '../../core/token/scopes.js'
import { bearerTokenOf } from '../http/bearer-token.js'
import { type ErrorResponses, type PlainResponse, send } from '../http/error-responses.js'
import type { RequestOrigins } from '../http/request-origin.js'
import { checkedId } from '../principal/names.js'
import type { Principal, PrincipalOf } from '../principal/principal.js'
import { requestSlot, type RequestSlot } from '../request-slot.js'
import { isLeftAlone, markAsBearerRoute, takesBearerTokens } from '../session/route-config.js'
import type { StartUrls } from '../sign-in/start-url.js'
import { isListed } from './allowed-users.js'
import type { AccountGuard, NeededAccount } from './account-guard.js'
import type { BearerGuard } from './bearer-guard.js'
import { guardedBy, HOOKS, HOW, type Guarded, type GuardOptions } from './guard-options.js'
import type { SignInPrompt } from './sign-in-prompt.js'
import type { UserGuard } from './user-guard.js'

export interface GuardParts {
  principalOf: PrincipalOf
  userGuard: UserGuard
  accountGuard: AccountGuard
  /** `null` without the option `bearer`. */
  bearerGuard: BearerGuard | null
  origins: RequestOrigins
  urls: StartUrls
  prompt: SignInPrompt
  responses: ErrorResponses
  /** Whether users sign in with Google; `false` with the option `owner`. */
  signsIn: boolean
}

const NO_USERS =
  'The options emails, hostedDomain and signedInWithin of googleAuth.required() are about users who sign in with Google, and with the option owner nobody does, but for the bearer tokens of a guard with bearer: true. Check the user in the sign-in of the app, or the account in onConnect.'

const NO_BEARER =
  'The option bearer of googleAuth.required() needs the option bearer of the plugin, which says whose tokens count. Pass bearer: true to the plugin, or { audiences: [...] }.'

const LEFT_ALONE =
  'A guarded route has config: { googleAuth: false }, so no user is known there. Remove one of the two.'

/** What all guards of a request need, and whether they let it pass. */
interface GuardedRequest extends Pick<Guarded, 'scopes' | 'account' | 'bearer'> {
  hasPassed: boolean
}

/**
 * Makes the hooks of guarded routes, and the responses to errors in their handlers. Whose request it is decides which guard
 * judges it: of a user, of a connected account, or of a bearer token.
 */
export class Guard {
  readonly #parts: GuardParts
  /** What the guards of a request need. */
  readonly #guarded: RequestSlot<GuardedRequest>
  readonly #hooks = new WeakMap<object, Guarded>()

  constructor(app: FastifyInstance, parts: GuardParts) {
    this.#guarded = requestSlot(app, 'guarded')
    this.#parts = parts
    app.addHook('onRoute', (route) => {
      const guards = HOOKS.flatMap((name) => [route[name] ?? []].flat().flatMap((hook) => this.#hooks.get(hook) ?? []))
      if (guards.some(({ bearer }) => bearer)) markAsBearerRoute(route, guards.some(isListed))
    })
  }

  /** A hook that lets a request pass if its user is signed in and has granted `scopes`. Throws a `TypeError` for other arguments. */
  required(options: GuardOptions = {}): onRequestAsyncHookHandler {
    if (isRequest(options)) {
      // Fastify called `required` itself as a hook, and waits for its promise.
      return Promise.reject(new TypeError(`googleAuth.required is a hook itself, and was not called. ${HOW}`)) as never
    }
    const guarded = guardedBy(options)
    const isAboutUsers = guarded.signedInWithinMs !== undefined || (guarded.allowed !== undefined && !guarded.bearer)
    if (isAboutUsers && !this.#parts.signsIn) throw new TypeError(NO_USERS)
    if (guarded.bearer && this.#parts.bearerGuard === null) throw new TypeError(NO_BEARER)
    this.#parts.urls.declare(guarded.scopes)
    const hook: onRequestAsyncHookHandler = async (request, reply) => {
      const all = withBoth(this.#guarded.get(request), guarded, takesBearerTokens(request))
      this.#guarded.set(request, all)
      const response = await this.#check(request, reply, { ...guarded, bearer: all.bearer }, all)
      if (response === null) return
      this.#guarded.set(request, { ...all, hasPassed: false })
      return send(reply, response)
    }
    this.#hooks.set(hook, guarded)
    return hook
  }

  /** Whether `required` has made this hook. */
  isGuard(hook: unknown): boolean {
    return typeof hook === 'function' && this.#hooks.has(hook)
  }

  /** The response to an error in a guarded handler, when the user must go to Google; else `null`. */
  async responseTo(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<PlainResponse | null> {
    const guarded = this.#guarded.get(request)
    if (guarded === null) return null
    const { principalOf, userGuard, accountGuard } = this.#parts
    const principal = principalOf(request)
    // A handler may use the account of somebody else, such as one of the company. The visitor cannot mend that.
    const owner = ownerOf(error)
    if (owner !== undefined && owner !== principal?.owner) return null
    const needed = neededAccount(principal, guarded, request, error)
    if (needed !== null) {
      const isAboutConsent = error instanceof GrantLostError || error instanceof AccountNotConnectedError
      if (!isAboutConsent && !isForbidden(error)) return null
      return accountGuard.check(request, reply, needed, guarded).catch(() => null)
    }
    if (error instanceof LoginRequiredError || error instanceof GrantLostError)
      return userGuard.askToSignIn(request, reply, guarded, error)
    if (!isForbidden(error) || principal?.via !== 'session') return null
    return userGuard.checkStored(request, reply, principal.signIn, guarded)
  }

  /** For the reply of a guarded route: only this browser may store it, and the user is not in a redirect loop. */
  passed(request: FastifyRequest, reply: FastifyReply): void {
    const guarded = this.#guarded.get(request)
    if (guarded === null) return
    const caching = reply.getHeader('cache-control')
    if (typeof caching !== 'string' || /\b(public|s-maxage)\b/i.test(caching))
      reply.header('cache-control', 'private, no-store')
    if (guarded.bearer && !reply.hasHeader('referrer-policy')) reply.header('referrer-policy', 'no-referrer')
    if (guarded.hasPassed && this.#parts.principalOf(request) !== null) this.#parts.prompt.reached(request, reply)
  }

  /** `all` is what this guard and those before it need: a visit to Google asks for all of it at once. */
  #check(
    request: FastifyRequest,
    reply: FastifyReply,
    guarded: Guarded,
    all: GuardedRequest
  ): PlainResponse | null | Promise<PlainResponse | null> {
    const { principalOf, userGuard, accountGuard, bearerGuard, origins, responses } = this.#parts
    const token = guarded.bearer ? bearerTokenOf(request) : null
    if (token !== null && bearerGuard !== null) return this.#checkToken(bearerGuard, token, request, reply, guarded)
    // Before who it is: a page of another site must not even learn whether somebody is signed in.
    if (origins.isForeignUpgrade(request)) return responses.forApi(new CrossSiteError())
    const principal = principalOf(request)
    if (principal === null && isLeftAlone(request)) throw new TypeError(LEFT_ALONE)
    if (principal === null) return userGuard.askToSignIn(request, reply, all)
    // A guard does not know the app's own users.
    if (principal.via === 'owner' && guarded.allowed !== undefined) return responses.forApi(new EmailNotAllowedError())
    const refusal = principal.via === 'session' ? userGuard.checkUser(request, reply, principal.signIn, guarded) : null
    if (refusal !== null) return refusal
    const needed = neededAccount(principal, guarded, request)
    if (needed !== null) return accountGuard.check(request, reply, needed, guarded)
    return principal.via === 'session' ? userGuard.checkScopes(request, reply, principal.signIn, guarded) : null
  }

  async #checkToken(
    bearerGuard: BearerGuard,
    token: string,
    request: FastifyRequest,
    reply: FastifyReply,
    guarded: Guarded
  ): Promise<PlainResponse | null> {
    const refusal = await bearerGuard.checkUser(request, token, guarded)
    if (refusal !== null) return refusal
    const needed = neededAccount(this.#parts.principalOf(request), guarded, request)
    if (needed !== null) return this.#parts.accountGuard.check(request, reply, needed, guarded)
    return bearerGuard.checkScopes(request, guarded)
  }
}

/**
 * The connected account that a request needs, or that an error is about; `null` when it is that of the signed-in user, whose
 * consent is in the session.
 */
function neededAccount(
  principal: Principal | null,
  { account }: Pick<Guarded, 'account'>,
  request: FastifyRequest,
  error?: unknown
): NeededAccount | null {
  if (principal === null) return null
  const { owner } = principal
  const about =
    error instanceof AccountNotConnectedError
      ? error.account
      : error instanceof GrantLostError
        ? error.grant?.account
        : undefined
  const name = about ?? (account && checkedId(account(request), 'What the option account of a guard returns'))
  return principal.via !== 'owner' && (name === undefined || name === owner) ? null : { owner, account: name }
}

/** Whose account an error is about, where it is known. */
function ownerOf(error: unknown): string | undefined {
  if (error instanceof GrantLostError) return error.grant?.owner
  return error instanceof AccountNotConnectedError ? error.owner : undefined
}

/**
 * What two guards of one request need. All of them judge the same user. So the first guard of a scope decides whether a bearer
 * token counts. A guard on the route itself decides it for all of them.
 */
function withBoth(before: GuardedRequest | null, guarded: Guarded, isBearerRoute: boolean): GuardedRequest {
  const { scopes, account } = guarded
  const bearer = isBearerRoute || (before ?? guarded).bearer
  if (before === null) return { scopes, account, bearer, hasPassed: true }
  return { scopes: mergeScopes(before.scopes, scopes), account: account ?? before.account, bearer, hasPassed: true }
}

/** Whether an API has refused the call, perhaps because a scope is missing. */
function isForbidden(error: unknown): boolean {
  return error instanceof GoogleApiError && error.status === 403
}

function isRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'raw' in value && 'routeOptions' in value
}
