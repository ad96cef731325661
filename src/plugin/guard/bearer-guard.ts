import type { FastifyRequest } from 'fastify'
import { AccountNotConnectedError } from '../../core/errors/account.js'
import { GoogleAuthError } from '../../core/errors/base.js'
import { EmailNotAllowedError, ScopeRequiredError, SignInTooOldError } from '../../core/errors/guard.js'
import { missingFrom } from '../../core/token/scopes.js'
import type { BearerUsers } from '../principal/bearer-users.js'
import type { ErrorResponses, PlainResponse } from '../http/error-responses.js'
import { takesListedTokens } from '../session/route-config.js'
import { EVENT } from '../log-events.js'
import type { UserSessions } from '../session/user-sessions.js'
import type { GoogleUser } from '../types/user.js'
import type { StartUrls } from '../sign-in/start-url.js'
import { isAllowed, isListed } from './allowed-users.js'
import { isTooOld, type Guarded } from './guard-options.js'

export interface BearerGuardParts {
  users: BearerUsers
  sessions: Pick<UserSessions, 'leave'>
  urls: StartUrls
  responses: ErrorResponses
  /** Whether users sign in with Google: then they own grants. */
  signsIn: boolean
  /** The stored scopes of a user. */
  grantedScopes: (userId: string) => Promise<readonly string[]>
}

/** Checks the bearer tokens of routes that take them. Its responses are JSON: nobody with a token can be redirected. */
export class BearerGuard {
  readonly #parts: BearerGuardParts

  constructor(parts: BearerGuardParts) {
    this.#parts = parts
  }

  /** `null` when `token` names a user for whom this route is. A wrong token costs no access to the store. */
  async checkUser(request: FastifyRequest, token: string, guarded: Guarded): Promise<PlainResponse | null> {
    const { users, sessions, urls } = this.#parts
    const { allowed } = guarded
    try {
      const anyDomain = isListed(guarded) || takesListedTokens(request)
      const user = users.of(request) ?? (await users.accept(request, token, anyDomain))
      // A guard of a whole scope runs after the session was read.
      sessions.leave(request)
      if (allowed !== undefined && !isAllowed(user, allowed)) throw notAllowed(user)
      if (isTooOld(user, guarded)) throw new SignInTooOldError(urls.backFrom(request, { loginHint: user.sub }))
      return null
    } catch (error) {
      return this.#refusal(request, error)
    }
  }

  /** `null` when what is stored for the user of the token has the scopes. */
  async checkScopes(request: FastifyRequest, { scopes, account }: Guarded): Promise<PlainResponse | null> {
    const { users, urls, signsIn, grantedScopes } = this.#parts
    const { sub = '' } = users.of(request) ?? {}
    try {
      if (!signsIn && (scopes.length > 0 || account !== undefined)) throw new AccountNotConnectedError()
      const missing = scopes.length === 0 ? [] : missingFrom(await grantedScopes(sub), scopes)
      if (missing.length === 0) return null
      throw new ScopeRequiredError(missing, urls.backFrom(request, { scopes: missing, loginHint: sub }))
    } catch (error) {
      return this.#refusal(request, error)
    }
  }

  /** @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
  #refusal(request: FastifyRequest, error: unknown): PlainResponse {
    if (!(error instanceof GoogleAuthError)) throw error
    const { code, message } = error
    // Services of Google show their callers no more than the status.
    request.log.info({ event: EVENT.bearerRefused, code, description: message }, 'A bearer token was refused')
    const { missingScopes } = error.extensions
    const response = this.#parts.responses.forApi(error)
    const challenge =
      response.statusCode === 401
        ? 'Bearer error="invalid_token"'
        : missingScopes && `Bearer error="insufficient_scope", scope="${missingScopes.join(' ')}"`
    return challenge === undefined
      ? response
      : { ...response, headers: { ...response.headers, 'www-authenticate': challenge } }
  }
}

function notAllowed({ email, emailVerified }: GoogleUser): EmailNotAllowedError {
  const message =
    email === undefined || emailVerified !== true
      ? 'The ID token holds no verified address. Ask for one with it (includeEmail of IAM, or the scope email).'
      : `${email} is not among those whom this route lets in. Add it to emails or hostedDomain of the guard.`
  return new EmailNotAllowedError(undefined, message)
}
