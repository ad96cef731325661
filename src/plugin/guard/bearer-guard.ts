import type { FastifyRequest } from 'fastify'
import { GoogleAuthError } from '../../core/errors/base.js'
import { EmailNotAllowedError, ScopeRequiredError, SignInTooOldError } from '../../core/errors/guard.js'
import { missingFrom } from '../../core/token/scopes.js'
import type { BearerUsers } from '../doors/bearer-users.js'
import type { ErrorResponses, PlainResponse } from '../http/error-responses.js'
import type { StartUrls } from '../sign-in/start-url.js'
import type { GoogleUser } from '../types.js'
import { isAllowed } from './allowed-users.js'
import { isTooOld, type Guarded } from './guard-options.js'

export interface BearerGuardParts {
  users: BearerUsers
  urls: StartUrls
  responses: ErrorResponses
  /** The stored scopes of a user. */
  grantedScopes: (userId: string) => Promise<readonly string[]>
}

/** Checks the bearer tokens of routes that take them. Its responses are JSON: nobody with a token can be redirected. */
export class BearerGuard {
  readonly #parts: BearerGuardParts

  constructor(parts: BearerGuardParts) {
    this.#parts = parts
  }

  /** `null` when the user of `token` may pass. A wrong token costs no access to the store. */
  async check(request: FastifyRequest, token: string, guarded: Guarded): Promise<PlainResponse | null> {
    const { users } = this.#parts
    try {
      const anyDomain = (guarded.allowed?.emails.length ?? 0) > 0
      const user = users.of(request) ?? (await users.accept(request, token, anyDomain))
      return await this.#checkUser(request, user, guarded)
    } catch (error) {
      if (error instanceof GoogleAuthError) return this.#refuse(error)
      throw error
    }
  }

  async #checkUser(request: FastifyRequest, user: GoogleUser, guarded: Guarded): Promise<PlainResponse | null> {
    const { urls, grantedScopes } = this.#parts
    const { allowed, scopes } = guarded
    if (allowed !== undefined && !isAllowed(user, allowed)) throw new EmailNotAllowedError()
    if (isTooOld(user, guarded)) throw new SignInTooOldError(urls.backFrom(request, { loginHint: user.sub }))
    if (scopes.length === 0) return null
    const missing = missingFrom(await grantedScopes(user.sub), scopes)
    if (missing.length === 0) return null
    throw new ScopeRequiredError(missing, urls.backFrom(request, { scopes: missing, loginHint: user.sub }))
  }

  /** @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
  #refuse(error: GoogleAuthError): PlainResponse {
    const { authorizeUrl, missingScopes } = error as Partial<ScopeRequiredError>
    const response = this.#parts.responses.forApi(error, {
      ...(authorizeUrl === undefined ? {} : { authorizeUrl }),
      ...(missingScopes === undefined ? {} : { missingScopes })
    })
    const challenge =
      response.statusCode === 401
        ? 'Bearer error="invalid_token"'
        : missingScopes && `Bearer error="insufficient_scope", scope="${missingScopes.join(' ')}"`
    return challenge === undefined
      ? response
      : { ...response, headers: { ...response.headers, 'www-authenticate': challenge } }
  }
}
