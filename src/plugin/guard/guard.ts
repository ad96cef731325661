import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { GoogleApiError } from '../../core/api/error.js'
import { GrantLostError } from '../../core/errors/grant.js'
import { LoginRequiredError, ScopeRequiredError } from '../../core/errors/sign-in.js'
import { mergeScopes, missingFrom, scopeList } from '../../core/token/scopes.js'
import { type ErrorResponses, type PlainResponse, send } from '../http/error-responses.js'
import { isPageVisit } from '../http/navigation.js'
import type { SignIn } from '../session/session-state.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { SignInPrompt } from './sign-in-prompt.js'

export interface GuardOptions {
  /** Scopes that the user must have granted. */
  scopes?: string | readonly string[]
}

export interface GuardParts {
  sessions: UserSessions
  urls: StartUrls
  prompt: SignInPrompt
  responses: ErrorResponses
  /** What a user has granted by now, as far as that is stored. */
  grantedScopes: (userId: string) => Promise<readonly string[]>
}

/** Makes the hooks that stand on guarded routes, and answers what is thrown behind them as they would. */
export class Guard {
  readonly #parts: GuardParts
  /** The scopes that the guards of a request ask for. */
  readonly #guarded = new WeakMap<FastifyRequest, string[]>()

  constructor(parts: GuardParts) {
    this.#parts = parts
  }

  /** A hook that lets a request pass when its user is signed in and has granted `scopes`. Throws a `TypeError` for other arguments. */
  required(options: GuardOptions = {}): onRequestAsyncHookHandler {
    if (isRequest(options)) {
      // Fastify called this as a hook itself, and waits for what it returns.
      return Promise.reject(new TypeError(`googleAuth.required is a hook itself, and was not called. ${HOW}`)) as never
    }
    const wanted = wantedBy(options)
    this.#parts.urls.declare(wanted)
    return async (request, reply) => {
      const asked = mergeScopes(this.#guarded.get(request) ?? [], wanted)
      this.#guarded.set(request, asked)
      const signIn = this.#parts.sessions.signInOf(request)
      const response =
        signIn === null
          ? this.#askToSignIn(request, reply)
          : ((await this.#tellReplaced(request, signIn)) ?? (await this.#askFor(wanted, request, reply, signIn)))
      if (response !== null) return send(reply, response)
    }
  }

  isGuarded(request: FastifyRequest): boolean {
    return this.#guarded.has(request)
  }

  /** The response to an error thrown behind a guard, when it means that the user must go to Google; else `null`. */
  async responseTo(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<PlainResponse | null> {
    const wanted = this.#guarded.get(request)
    if (wanted === undefined) return null
    if (error instanceof LoginRequiredError || error instanceof GrantLostError)
      return this.#askToSignIn(request, reply, error)
    const signIn = this.#parts.sessions.signInOf(request)
    if (!(error instanceof GoogleApiError) || error.status !== 403 || signIn === null) return null
    // Perhaps the user took something back at Google, and signed in again elsewhere: what this session knows is old then.
    const granted = await this.#parts.grantedScopes(signIn.user.sub).catch(() => null)
    if (granted === null || missingFrom(granted, wanted).length === 0) return null
    return this.#askFor(wanted, request, reply, await this.#know(request, signIn, granted))
  }

  /** A guarded route is about to answer: nobody else may keep the answer, and the last sign-in led somewhere. */
  passed(request: FastifyRequest, reply: FastifyReply): void {
    if (!this.#guarded.has(request)) return
    const caching = reply.getHeader('cache-control')
    if (typeof caching !== 'string' || /\b(public|s-maxage)\b/i.test(caching))
      reply.header('cache-control', 'private, no-store')
    if (this.#parts.sessions.signInOf(request) !== null) this.#parts.prompt.reached(request, reply)
  }

  /** A sign-in that asks for what the page needs as well, so that nobody is sent round a second time for it. */
  #askToSignIn(
    request: FastifyRequest,
    reply: FastifyReply,
    error?: LoginRequiredError | GrantLostError
  ): PlainResponse {
    const scopes = this.#guarded.get(request) ?? []
    const user = this.#parts.sessions.signInOf(request)?.user ?? null
    const authorizeUrl = this.#parts.urls.backFrom(request, { scopes, loginHint: user?.sub })
    const missingScopes = missingFrom(user?.scopes ?? [], scopes)
    const told = error ?? new LoginRequiredError(authorizeUrl)
    return this.#parts.prompt.ask(request, reply, told, { authorizeUrl, missingScopes, user })
  }

  async #askFor(
    wanted: string[],
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn
  ): Promise<PlainResponse | null> {
    const { user, refused } = signIn
    if (wanted.every((scope) => user.scopes.includes(scope))) return null
    // What was granted in another browser counts here too: one look at the store, only now.
    const granted = mergeScopes(user.scopes, await this.#parts.grantedScopes(user.sub))
    const missingScopes = missingFrom(granted, wanted)
    if (missingScopes.length === 0) {
      await this.#know(request, signIn, granted)
      return null
    }
    const authorizeUrl = this.#parts.urls.backFrom(request, { scopes: missingScopes, loginHint: user.sub })
    const error = new ScopeRequiredError(missingScopes, authorizeUrl)
    const refusedBefore = missingScopes.some((scope) => refused?.includes(scope))
    return this.#parts.prompt.ask(request, reply, error, { authorizeUrl, missingScopes, refusedBefore, user })
  }

  /** The sign-in, which knows by now what is granted. */
  async #know(request: FastifyRequest, signIn: SignIn, granted: readonly string[]): Promise<SignIn> {
    const known = { ...signIn, user: { ...signIn.user, scopes: [...granted] } }
    await this.#parts.sessions.update(request, known)
    return known
  }

  async #tellReplaced(request: FastifyRequest, signIn: SignIn): Promise<PlainResponse | null> {
    const { replaced, ...told } = signIn
    if (replaced === undefined || !isPageVisit(request)) return null
    await this.#parts.sessions.update(request, told)
    return this.#parts.responses.replaced(request, replaced, told.user)
  }
}

/** `onRequest: app.googleAuth.required`, without the call, would make a hook for each request and run none. */
export function refuseAsHook(app: FastifyInstance, required: unknown): void {
  app.addHook('onRoute', ({ url, ...route }) => {
    for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const) {
      const hooks: unknown[] = [route[hook]].flat()
      if (hooks.includes(required)) {
        throw new TypeError(`googleAuth.required is the ${hook} hook of ${url}, and was not called. ${HOW}`)
      }
    }
  })
}

const HOW =
  'Call it with an object: { onRequest: app.googleAuth.required({ scopes: [...] }) }, or required() for no scopes.'

function isRequest(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'raw' in value && 'routeOptions' in value
}

/** The scopes that `options` ask for. Whoever calls it wrongly would guard nothing, or hang every request. */
function wantedBy(options: unknown): string[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`googleAuth.required() takes an object of options, not ${describe(options)}. ${HOW}`)
  }
  for (const name of Object.keys(options)) {
    if (name !== 'scopes') throw new TypeError(`googleAuth.required() has no option ${name}. ${HOW}`)
  }
  const { scopes = [] } = options as { scopes?: unknown }
  const valid =
    typeof scopes === 'string' || (Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string'))
  if (!valid) throw new TypeError(`The option scopes of googleAuth.required() must be a list of scopes. ${HOW}`)
  return scopeList(scopes)
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
}
