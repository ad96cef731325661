import type { FastifyReply, FastifyRequest } from 'fastify'
import type { GrantLostError } from '../../core/errors/grant.js'
import {
  EmailNotAllowedError,
  LoginRequiredError,
  ScopeRequiredError,
  SignInTooOldError
} from '../../core/errors/guard.js'
import { mergeScopes, missingFrom } from '../../core/token/scopes.js'
import type { ErrorResponses, PlainResponse } from '../http/error-responses.js'
import { isPageVisit } from '../http/navigation.js'
import type { SignIn } from '../session/session-state.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { StartUrls } from '../sign-in/start-url.js'
import { isAllowed } from './allowed-users.js'
import { isTooOld, type Guarded } from './guard-options.js'
import type { SignInPrompt } from './sign-in-prompt.js'

export interface UserGuardParts {
  sessions: UserSessions
  urls: StartUrls
  prompt: SignInPrompt
  responses: ErrorResponses
  /** Whether users sign in with Google; `false` with the option `owner`. */
  signsIn: boolean
  /** The stored scopes of a user. */
  grantedScopes: (userId: string) => Promise<readonly string[]>
}

const NO_TOKEN = 'Send an ID token of Google as Authorization: Bearer, or sign in.'

/** What the guards of a request need together. */
type Needs = Pick<Guarded, 'scopes' | 'bearer'>

/** Guards routes that need a signed-in user, and scopes of their own account. What the session knows decides. */
export class UserGuard {
  readonly #parts: UserGuardParts

  constructor(parts: UserGuardParts) {
    this.#parts = parts
  }

  /** The response that asks for a sign-in, with the scopes of the page, so that one visit to Google is enough. */
  askToSignIn(
    request: FastifyRequest,
    reply: FastifyReply,
    { scopes, bearer }: Needs,
    error?: LoginRequiredError | GrantLostError
  ): PlainResponse {
    const { signsIn, prompt, sessions, urls } = this.#parts
    if (!signsIn) {
      // The sign-in of the app is not ours: there is nowhere to send the user.
      const error = new LoginRequiredError(undefined, bearer ? NO_TOKEN : 'Sign in first.')
      return prompt.refuse(request, reply, error, { onlyApi: bearer })
    }
    const user = sessions.signInOf(request)?.user ?? null
    const authorizeUrl = urls.backFrom(request, { scopes, loginHint: user?.sub })
    const missingScopes = missingFrom(user?.scopes ?? [], scopes)
    const shown = error ?? new LoginRequiredError(authorizeUrl)
    return prompt.ask(request, reply, shown, { authorizeUrl, missingScopes, user, onlyApi: bearer })
  }

  /** `null` when this route is for the user, and the sign-in is young enough. */
  checkUser(request: FastifyRequest, reply: FastifyReply, { user }: SignIn, guarded: Guarded): PlainResponse | null {
    const { urls, prompt } = this.#parts
    const { allowed, scopes, bearer: onlyApi } = guarded
    const asked = { scopes, prompt: 'select_account' }
    if (allowed !== undefined && !isAllowed(user, allowed)) {
      // Another account may pass.
      const authorizeUrl = urls.backFrom(request, asked)
      return prompt.refuse(request, reply, new EmailNotAllowedError(authorizeUrl), { authorizeUrl, user, onlyApi })
    }
    if (!isTooOld(user, guarded)) return null
    const authorizeUrl = urls.backFrom(request, { ...asked, loginHint: user.sub })
    const error = new SignInTooOldError(authorizeUrl)
    return prompt.ask(request, reply, error, { authorizeUrl, user, rounds: 1, onlyApi })
  }

  /** `null` when the user has granted the scopes. In the usual case there is no promise. */
  checkScopes(
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn,
    needs: Needs
  ): PlainResponse | null | Promise<PlainResponse | null> {
    if (signIn.replaced === undefined && isGranted(signIn, needs)) return null
    return this.#noticeOrQuestion(request, reply, signIn, needs)
  }

  /**
   * The response to an API that refused a call, when what is stored has fewer scopes than the session: the user removed access
   * at Google, and signed in again in another browser. Else `null`.
   */
  async checkStored(
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn,
    needs: Needs
  ): Promise<PlainResponse | null> {
    const granted = await this.#parts.grantedScopes(signIn.user.sub).catch(() => null)
    if (granted === null || missingFrom(granted, needs.scopes).length === 0) return null
    return this.#askFor(request, reply, await this.#withScopes(request, signIn, granted), needs)
  }

  async #noticeOrQuestion(
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn,
    needs: Needs
  ): Promise<PlainResponse | null> {
    const { replaced, ...rest } = signIn
    if (replaced === undefined || !isPageVisit(request)) return this.#askFor(request, reply, signIn, needs)
    await this.#parts.sessions.update(request, rest)
    return this.#parts.responses.replaced(request, replaced, rest.user)
  }

  async #askFor(
    request: FastifyRequest,
    reply: FastifyReply,
    signIn: SignIn,
    { scopes, bearer }: Needs
  ): Promise<PlainResponse | null> {
    const { user, refused } = signIn
    if (isGranted(signIn, { scopes })) return null
    // Scopes that the user granted in another browser count too. The store is read only in this case.
    const granted = mergeScopes(user.scopes, await this.#parts.grantedScopes(user.sub))
    const missingScopes = missingFrom(granted, scopes)
    if (missingScopes.length === 0) {
      await this.#withScopes(request, signIn, granted)
      return null
    }
    const authorizeUrl = this.#parts.urls.backFrom(request, { scopes: missingScopes, loginHint: user.sub })
    const refusedBefore = missingScopes.some((scope) => refused?.includes(scope))
    const facts = { authorizeUrl, missingScopes, refusedBefore, user, onlyApi: bearer }
    return this.#parts.prompt.ask(request, reply, new ScopeRequiredError(missingScopes, authorizeUrl), facts)
  }

  /** The sign-in with the scopes that are granted now. The session keeps it. */
  async #withScopes(request: FastifyRequest, signIn: SignIn, granted: readonly string[]): Promise<SignIn> {
    const updated = { ...signIn, user: { ...signIn.user, scopes: [...granted] } }
    await this.#parts.sessions.update(request, updated)
    return updated
  }
}

/** Whether the session knows that all scopes are granted. */
function isGranted({ user }: SignIn, { scopes }: Pick<Guarded, 'scopes'>): boolean {
  return scopes.every((scope) => user.scopes.includes(scope))
}
