import { GoogleAuthError } from './base.js'

const ATTEMPT_MESSAGES = {
  missing: 'This browser does not know this sign-in, or it was used already. Start it again.',
  expired: 'This sign-in took too long. Start it again.',
  forged: 'This sign-in does not belong to this browser. Start it again.',
  malformed: 'The return from Google is malformed. Start the sign-in again.',
  issuer: 'The return comes from another provider than the one that was asked. Start the sign-in again.'
} as const

/** A return from Google does not belong to a sign-in that this browser began. */
export class LoginAttemptError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_LOGIN_ATTEMPT'
  /**
   * `missing`: this browser does not hold the attempt, or it was used; `expired`: after ten minutes; `forged`: it belongs
   * to another browser or client; `malformed`; `issuer`: another provider has answered.
   */
  readonly reason: keyof typeof ATTEMPT_MESSAGES

  /**
   * @param reason What is wrong with the return.
   * @param cause The first error, of which a copy without secrets is kept.
   * @param hint A further sentence, beginning with a space.
   */
  constructor(reason: keyof typeof ATTEMPT_MESSAGES, cause?: unknown, hint = '') {
    super(ATTEMPT_MESSAGES[reason] + hint, cause)
    this.reason = reason
  }
}

/** `return_to` is neither a path of this site nor a URL of a trusted origin, or it is too long. */
export class ReturnToError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_RETURN_TO'

  constructor() {
    super(
      'return_to must be a path of this site, such as /calendar?week=2, or a URL of one of trustedOrigins. It may have 2000 characters; fewer where several sign-ins are under way.'
    )
  }
}

/** `scope` names a scope that neither the options nor a guarded route declared. */
export class ScopeNotDeclaredError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_SCOPE_NOT_DECLARED'

  constructor() {
    super('scope may only name scopes that this app declared, in the option scopes or by required({ scopes }).')
  }
}

/** Google answered the authorization request with an error; `reason` is Google's `error`. */
export class AuthorizationError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_AUTHORIZATION'
  /** Google's `error`, such as `access_denied`. */
  readonly reason: string
  /** What a signed-in user was asked for in addition, and did not grant. */
  readonly missingScopes?: string[]

  /**
   * @param reason Google's `error`.
   * @param missingScopes What a signed-in user was asked for in addition, and did not grant.
   */
  constructor(reason: string, missingScopes?: string[]) {
    super(
      reason === 'access_denied'
        ? 'The request was cancelled, or access was refused.'
        : `Google refused the request: ${reason}.`
    )
    this.reason = reason
    if (missingScopes?.length) this.missingScopes = missingScopes
  }
}
