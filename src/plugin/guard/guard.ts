import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { GoogleApiError } from '../../core/api/error.js'
import { GrantLostError } from '../../core/errors/grant.js'
import { AccountNotConnectedError } from '../../core/errors/account.js'
import {
  CrossSiteError,
  EmailNotAllowedError,
  LoginRequiredError,
  ScopeRequiredError,
  SignInTooOldError
} from '../../core/errors/sign-in.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import { bearerTokenOf } from '../http/bearer-token.js'
import { type ErrorResponses, type PlainResponse, send } from '../http/error-responses.js'
import { isPageVisit } from '../http/navigation.js'
import type { RequestOrigins } from '../http/request-origin.js'
import { checkedId } from '../principal/names.js'
import type { Principal, PrincipalOf } from '../principal/principal.js'
import { requestSlot, type RequestSlot } from '../request-slot.js'
import type { SignIn } from '../session/session-state.js'
import { isLeftAlone, markAsBearerRoute } from '../session/left-alone.js'
import type { GoogleUser } from '../types.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { AccountGuard, NeededAccount } from './account-guard.js'
import { isAllowed } from './allowed-users.js'
import type { BearerGuard } from './bearer-guard.js'
import { guardedBy, HOOKS, HOW, isTooOld, type Guarded, type GuardOptions } from './guard-options.js'
import type { SignInPrompt } from './sign-in-prompt.js'

export interface GuardParts {
  principalOf: PrincipalOf
  accountGuard: AccountGuard
  /** `null` without the option `bearer`. */
  bearerGuard: BearerGuard | null
  sessions: UserSessions
  origins: RequestOrigins
  urls: StartUrls
  prompt: SignInPrompt
  responses: ErrorResponses
  /** Whether users sign in with Google; `false` with the option `owner`. */
  signsIn: boolean
  /** The stored scopes of a user. */
  grantedScopes: (userId: string) => Promise<readonly string[]>
}

const NO_USERS =
  'The options emails, hostedDomain and signedInWithin of googleAuth.required() are about users who sign in with Google, and with the option owner nobody does. Check the user in the sign-in of the app, or the account in onConnect.'

const NO_BEARER =
  'The option bearer of googleAuth.required() needs the option bearer of the plugin, which says whose tokens count. Pass bearer: true to the plugin, or { audiences: [...] }.'

const LEFT_ALONE =
  'A guarded route has config: { googleAuth: false }, so nobody can be signed in there. Remove the one or the other.'

/** Makes the hooks of guarded routes, and the responses to errors in their handlers. */
export class Guard {
  readonly #parts: GuardParts
  /** What the guards of a request need. */
  readonly #guarded: RequestSlot<GuardedRequest>
  readonly #hooks = new WeakMap<object, Guarded>()

  constructor(app: FastifyInstance, parts: GuardParts) {
    this.#guarded = requestSlot(app, 'guarded')
    this.#parts = parts
    app.addHook('onRoute', (route) => {
      if (HOOKS.some((name) => [route[name] ?? []].flat().some((hook) => this.#hooks.get(hook)?.bearer)))
        markAsBearerRoute(route)
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
      const all = withBoth(this.#guarded.get(request), guarded)
      this.#guarded.set(request, all)
      const token = guarded.bearer ? bearerTokenOf(request) : null
      const response = await (token === null
        ? this.#check(request, reply, guarded)
        : this.#parts.bearerGuard?.check(request, token, guarded))
      if (!response) return
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
    const principal = this.#parts.principalOf(request)
    const needed = neededAccount(principal, guarded, request, error)
    if (needed !== null) {
      const isAboutConsent = error instanceof GrantLostError || error instanceof AccountNotConnectedError
      if (!isAboutConsent && !isForbidden(error)) return null
      return this.#parts.accountGuard.check(request, reply, needed, guarded.scopes).catch(() => null)
    }
    if (error instanceof LoginRequiredError || error instanceof GrantLostError)
      return this.#askToSignIn(request, reply, error)
    if (!isForbidden(error) || principal?.via !== 'session') return null
    const { signIn } = principal
    // The user may have removed access at Google, and signed in again in another browser. Then this session is out of date.
    const granted = await this.#parts.grantedScopes(signIn.user.sub).catch(() => null)
    if (granted === null || missingFrom(granted, guarded.scopes).length === 0) return null
    return this.#askFor(guarded.scopes, request, reply, await this.#withScopes(request, signIn, granted))
  }

  /** For the reply of a guarded route: only this browser may store it, and the user is not in a redirect loop. */
  passed(request: FastifyRequest, reply: FastifyReply): void {
    const guarded = this.#guarded.get(request)
    if (guarded === null) return
    const caching = reply.getHeader('cache-control')
    if (typeof caching !== 'string' || /\b(public|s-maxage)\b/i.test(caching))
      reply.header('cache-control', 'private, no-store')
    if (guarded.hasPassed && this.#parts.principalOf(request) !== null) this.#parts.prompt.reached(request, reply)
  }

  #check(
    request: FastifyRequest,
    reply: FastifyReply,
    guarded: Guarded
  ): PlainResponse | null | Promise<PlainResponse | null> {
    // Before who it is: a page of another site must not even learn whether somebody is signed in.
    if (this.#parts.origins.isForeignUpgrade(request)) return this.#parts.responses.forApi(new CrossSiteError())
    const principal = this.#parts.principalOf(request)
    if (principal === null && isLeftAlone(request)) throw new TypeError(LEFT_ALONE)
    if (principal === null) return this.#askToSignIn(request, reply)
    if (principal.via === 'session') {
      const { user } = principal.signIn
      if (guarded.allowed !== undefined && !isAllowed(user, guarded.allowed))
        return this.#refuse(request, reply, user, guarded)
      if (isTooOld(user, guarded)) return this.#askForFreshSignIn(request, reply, user, guarded)
    }
    // The app's own user is nobody whom a guard could know.
    if (principal.via === 'owner' && guarded.allowed !== undefined)
      return this.#parts.responses.forApi(new EmailNotAllowedError())
    const needed = neededAccount(principal, guarded, request)
    if (needed !== null) return this.#parts.accountGuard.check(request, reply, needed, guarded.scopes)
    if (principal.via !== 'session') return null
    const { signIn } = principal
    if (signIn.replaced === undefined && isGranted(signIn, guarded)) return null
    return this.#noticeOrQuestion(request, reply, guarded, signIn)
  }

  async #noticeOrQuestion(
    request: FastifyRequest,
    reply: FastifyReply,
    { scopes }: Guarded,
    signIn: SignIn
  ): Promise<PlainResponse | null> {
    return (await this.#noticeOfReplaced(request, signIn)) ?? (await this.#askFor(scopes, request, reply, signIn))
  }

  /** The response that asks for a sign-in, with the scopes of the page, so that one visit to Google is enough. */
  #askToSignIn(
    request: FastifyRequest,
    reply: FastifyReply,
    error?: LoginRequiredError | GrantLostError
  ): PlainResponse {
    if (!this.#parts.signsIn) {
      // The sign-in of the app is not ours: there is nowhere to send the user.
      return this.#parts.responses.forError(request, reply, new LoginRequiredError(undefined, 'Sign in first.'))
    }
    const scopes = this.#guarded.get(request)?.scopes ?? []
    const user = this.#parts.sessions.signInOf(request)?.user ?? null
    const authorizeUrl = this.#parts.urls.backFrom(request, { scopes, loginHint: user?.sub })
    const missingScopes = missingFrom(user?.scopes ?? [], scopes)
    const shown = error ?? new LoginRequiredError(authorizeUrl)
    const onlyApi = this.#guarded.get(request)?.bearer === true
    return this.#parts.prompt.ask(request, reply, shown, { authorizeUrl, missingScopes, user, onlyApi })
  }

  /** The response to a user whom this route does not let pass. Another account may. */
  #refuse(request: FastifyRequest, reply: FastifyReply, user: GoogleUser, guarded: Guarded): PlainResponse {
    const { urls, responses } = this.#parts
    const authorizeUrl = urls.backFrom(request, { scopes: guarded.scopes, prompt: 'select_account' })
    const error = new EmailNotAllowedError(authorizeUrl)
    const facts = { authorizeUrl, user }
    return guarded.bearer ? responses.forApi(error, facts) : responses.forError(request, reply, error, facts)
  }

  #askForFreshSignIn(request: FastifyRequest, reply: FastifyReply, user: GoogleUser, guarded: Guarded): PlainResponse {
    const { urls, prompt } = this.#parts
    const asked = { scopes: guarded.scopes, prompt: 'select_account', loginHint: user.sub }
    const authorizeUrl = urls.backFrom(request, asked)
    const error = new SignInTooOldError(authorizeUrl)
    return prompt.ask(request, reply, error, { authorizeUrl, user, rounds: 1, onlyApi: guarded.bearer })
  }

  async #askFor(
    wanted: string[],
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn
  ): Promise<PlainResponse | null> {
    const { user, refused } = signIn
    if (isGranted(signIn, { scopes: wanted })) return null
    // Scopes that the user granted in another browser count too. The store is read only in this case.
    const granted = mergeScopes(user.scopes, await this.#parts.grantedScopes(user.sub))
    const missingScopes = missingFrom(granted, wanted)
    if (missingScopes.length === 0) {
      await this.#withScopes(request, signIn, granted)
      return null
    }
    const authorizeUrl = this.#parts.urls.backFrom(request, { scopes: missingScopes, loginHint: user.sub })
    const error = new ScopeRequiredError(missingScopes, authorizeUrl)
    const refusedBefore = missingScopes.some((scope) => refused?.includes(scope))
    const onlyApi = this.#guarded.get(request)?.bearer === true
    return this.#parts.prompt.ask(request, reply, error, { authorizeUrl, missingScopes, refusedBefore, user, onlyApi })
  }

  /** The sign-in with the scopes that are granted now. The session keeps it. */
  async #withScopes(request: FastifyRequest, signIn: SignIn, granted: readonly string[]): Promise<SignIn> {
    const updated = { ...signIn, user: { ...signIn.user, scopes: [...granted] } }
    await this.#parts.sessions.update(request, updated)
    return updated
  }

  async #noticeOfReplaced(request: FastifyRequest, signIn: SignIn): Promise<PlainResponse | null> {
    const { replaced, ...rest } = signIn
    if (replaced === undefined || !isPageVisit(request)) return null
    await this.#parts.sessions.update(request, rest)
    return this.#parts.responses.replaced(request, replaced, rest.user)
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

/** What all guards of a request need, and whether they let it pass. */
interface GuardedRequest extends Pick<Guarded, 'scopes' | 'account' | 'bearer'> {
  hasPassed: boolean
}

/** What two guards of one route need. */
function withBoth(before: GuardedRequest | null, { scopes, account, bearer }: Guarded): GuardedRequest {
  if (before === null) return { scopes, account, bearer, hasPassed: true }
  return {
    scopes: mergeScopes(before.scopes, scopes),
    account: account ?? before.account,
    bearer: bearer || before.bearer,
    hasPassed: true
  }
}

/** Whether the session knows that all scopes are granted. */
function isGranted({ user }: SignIn, { scopes }: Pick<Guarded, 'scopes'>): boolean {
  return scopes.every((scope) => user.scopes.includes(scope))
}

/** Whether an API has refused the call, perhaps for want of a scope. */
function isForbidden(error: unknown): boolean {
  return error instanceof GoogleApiError && error.status === 403
}

function isRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'raw' in value && 'routeOptions' in value
}
