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

/** Options of `app.googleAuth.required()`. */
export interface GuardOptions {
  /** Scopes that the user must have granted. */
  scopes?: string | readonly string[]
}

export interface GuardParts {
  sessions: UserSessions
  urls: StartUrls
  prompt: SignInPrompt
  responses: ErrorResponses
  /** The stored scopes of a user. */
  grantedScopes: (userId: string) => Promise<readonly string[]>
}

/** Makes the hooks of guarded routes, and the responses to errors in their handlers. */
export class Guard {
  readonly #parts: GuardParts
  /** The scopes that the guards of a request need. */
  readonly #guarded = new WeakMap<FastifyRequest, string[]>()

  constructor(parts: GuardParts) {
    this.#parts = parts
  }

  /** A hook that lets a request pass if its user is signed in and has granted `scopes`. Throws a `TypeError` for other arguments. */
  required(options: GuardOptions = {}): onRequestAsyncHookHandler {
    if (isRequest(options)) {
      // Fastify called `required` itself as a hook, and waits for its promise.
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
          : ((await this.#noticeOfReplaced(request, signIn)) ?? (await this.#askFor(wanted, request, reply, signIn)))
      if (response !== null) return send(reply, response)
    }
  }

  /** The response to an error in a guarded handler, when the user must go to Google; else `null`. */
  async responseTo(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<PlainResponse | null> {
    const wanted = this.#guarded.get(request)
    if (wanted === undefined) return null
    if (error instanceof LoginRequiredError || error instanceof GrantLostError)
      return this.#askToSignIn(request, reply, error)
    const signIn = this.#parts.sessions.signInOf(request)
    if (!(error instanceof GoogleApiError) || error.status !== 403 || signIn === null) return null
    // The user may have removed access at Google, and signed in again in another browser. Then this session is out of date.
    const granted = await this.#parts.grantedScopes(signIn.user.sub).catch(() => null)
    if (granted === null || missingFrom(granted, wanted).length === 0) return null
    return this.#askFor(wanted, request, reply, await this.#withScopes(request, signIn, granted))
  }

  /** For the reply of a guarded route: only this browser may store it, and the user is not in a redirect loop. */
  passed(request: FastifyRequest, reply: FastifyReply): void {
    if (!this.#guarded.has(request)) return
    const caching = reply.getHeader('cache-control')
    if (typeof caching !== 'string' || /\b(public|s-maxage)\b/i.test(caching))
      reply.header('cache-control', 'private, no-store')
    if (this.#parts.sessions.signInOf(request) !== null) this.#parts.prompt.reached(request, reply)
  }

  /** The response that asks for a sign-in, with the scopes of the page, so that one visit to Google is enough. */
  #askToSignIn(
    request: FastifyRequest,
    reply: FastifyReply,
    error?: LoginRequiredError | GrantLostError
  ): PlainResponse {
    const scopes = this.#guarded.get(request) ?? []
    const user = this.#parts.sessions.signInOf(request)?.user ?? null
    const authorizeUrl = this.#parts.urls.backFrom(request, { scopes, loginHint: user?.sub })
    const missingScopes = missingFrom(user?.scopes ?? [], scopes)
    const shown = error ?? new LoginRequiredError(authorizeUrl)
    return this.#parts.prompt.ask(request, reply, shown, { authorizeUrl, missingScopes, user })
  }

  async #askFor(
    wanted: string[],
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn
  ): Promise<PlainResponse | null> {
    const { user, refused } = signIn
    if (wanted.every((scope) => user.scopes.includes(scope))) return null
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
    return this.#parts.prompt.ask(request, reply, error, { authorizeUrl, missingScopes, refusedBefore, user })
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

/** Refuses `onRequest: app.googleAuth.required` without the call: it would make a hook for each request, and run none. */
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

/** The scopes in `options`. Throws a `TypeError` for other arguments, which would otherwise guard nothing. */
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
