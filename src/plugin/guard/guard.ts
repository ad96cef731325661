import { GrantLostError } from '../../core/errors/grant.js'
import { LoginRequiredError, ScopeRequiredError } from '../../core/errors/sign-in.js'
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { GoogleApiError } from '../../core/api/error.js'
import { mergeScopes, missingFrom, scopeList } from '../../core/token/scopes.js'
import type { StorageFor } from '../../core/storage/storage.js'
import { redirectTo, send, type Answer, type Answers } from '../http/error-responses.js'
import { isNavigation } from '../http/navigation.js'
import { sessionStateOf, type SessionState } from '../session/user-sessions.js'
import type { SignInRounds } from '../sign-in/redirect-loop-guard.js'
import type { StartUrls } from '../sign-in/start-url.js'

/** Makes the hooks that stand on guarded routes, and answers what is thrown behind them as they would. */
export class Guard {
  readonly #urls: StartUrls
  readonly #answers: Answers
  readonly #storageFor: StorageFor
  readonly #rounds: SignInRounds
  /** The scopes that the guards of a request ask for. */
  readonly #guarded = new WeakMap<FastifyRequest, string[]>()

  constructor(urls: StartUrls, answers: Answers, storageFor: StorageFor, rounds: SignInRounds) {
    this.#urls = urls
    this.#answers = answers
    this.#storageFor = storageFor
    this.#rounds = rounds
  }

  /** A hook that lets a request pass when its user is signed in and has granted `scopes`. */
  required(scopes: string | readonly string[] = []): onRequestAsyncHookHandler {
    const wanted = scopeList(scopes)
    this.#urls.declare(wanted)
    return async (request, reply) => {
      const asked = mergeScopes(this.#guarded.get(request) ?? [], wanted)
      this.#guarded.set(request, asked)
      const state = sessionStateOf(request)
      const answer =
        state === null
          ? this.#signIn(request, reply, new LoginRequiredError(this.#urls.backFrom(request, { scopes: asked })))
          : (this.#tellReplaced(request, state) ?? (await this.#askFor(wanted, request, reply, state)))
      if (answer !== null) return send(reply, answer)
    }
  }

  /** The answer to an error thrown behind a guard, when it means that the user must go to Google; else `null`. */
  async answerTo(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<Answer | null> {
    const wanted = this.#guarded.get(request)
    if (wanted === undefined) return null
    if (error instanceof LoginRequiredError || error instanceof GrantLostError)
      return this.#signIn(request, reply, error)
    const state = sessionStateOf(request)
    if (!(error instanceof GoogleApiError) || error.status !== 403 || state === null) return null
    // Perhaps the user took something back at Google, and signed in again elsewhere: what this session knows is old then.
    const granted = await this.#grantedScopes(state.user.sub).catch(() => null)
    if (granted === null || missingFrom(granted, wanted).length === 0) return null
    state.user.scopes = [...granted]
    return this.#askFor(wanted, request, reply, state)
  }

  /** A guarded page was reached, and is about to be answered. */
  settle(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#guarded.has(request) && request.googleUser !== null) this.#rounds.settle(request, reply)
  }

  /** A sign-in that asks for what the page needs as well, so that nobody is sent round a second time for it. */
  #signIn(request: FastifyRequest, reply: FastifyReply, error: LoginRequiredError | GrantLostError): Answer {
    const scopes = this.#guarded.get(request) ?? []
    const user = request.googleUser
    const authorizeUrl = this.#urls.backFrom(request, { scopes, loginHint: user?.sub })
    if (isNavigation(request) && !this.#rounds.exhausted(request)) return redirectTo(authorizeUrl)
    const missingScopes = missingFrom(user?.scopes ?? [], scopes)
    return this.#answers.forError(request, reply, error, { authorizeUrl, missingScopes })
  }

  async #askFor(
    wanted: string[],
    request: FastifyRequest,
    reply: FastifyReply,
    state: SessionState
  ): Promise<Answer | null> {
    if (wanted.every((scope) => state.user.scopes.includes(scope))) return null
    // What was granted in another browser counts here too: one look at the store, only now.
    const granted = mergeScopes(state.user.scopes, await this.#grantedScopes(state.user.sub))
    const missingScopes = missingFrom(granted, wanted)
    if (missingScopes.length === 0) {
      state.user.scopes = granted
      return null
    }
    const authorizeUrl = this.#urls.backFrom(request, { scopes: missingScopes, loginHint: state.user.sub })
    const refused = missingScopes.some((scope) => state.refused?.includes(scope))
    if (isNavigation(request) && !refused) return redirectTo(authorizeUrl)
    return this.#answers.forError(request, reply, new ScopeRequiredError(missingScopes, authorizeUrl), {
      authorizeUrl,
      missingScopes
    })
  }

  async #grantedScopes(userId: string): Promise<readonly string[]> {
    try {
      const token = await this.#storageFor(userId).get()
      return token?.lost === undefined ? (token?.scopes ?? []) : []
    } catch (error) {
      if (error instanceof GrantLostError) return []
      throw error
    }
  }

  #tellReplaced(request: FastifyRequest, state: SessionState): Answer | null {
    const { replaced, user } = state
    if (replaced === undefined || !isNavigation(request) || request.method !== 'GET') return null
    delete state.replaced
    return this.#answers.replaced(replaced, user.email ?? user.name ?? user.sub, request.url)
  }
}
