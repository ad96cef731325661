import { GoogleAuthError } from './base.js'

/** Nobody is signed in. */
export class LoginRequiredError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_LOGIN_REQUIRED'
  /** Path that starts the sign-in, where one is known. */
  readonly authorizeUrl?: string

  /**
   * @param authorizeUrl Path that starts the sign-in.
   * @param message What to do first.
   */
  constructor(authorizeUrl?: string, message = 'Sign in with Google first.') {
    super(message)
    if (authorizeUrl !== undefined) this.authorizeUrl = authorizeUrl
  }
}

/** The signed-in user has not granted every scope that is needed here. */
export class ScopeRequiredError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_SCOPE_REQUIRED'
  /** The scopes that are needed and not granted. */
  readonly missingScopes: string[]
  /** Path that asks Google for the missing scopes and comes back. */
  readonly authorizeUrl: string

  /**
   * @param missingScopes The scopes that are needed and not granted.
   * @param authorizeUrl Path that asks Google for them and comes back.
   */
  constructor(missingScopes: string[], authorizeUrl: string) {
    super(`This needs access that has not been granted yet: ${missingScopes.join(' ')}`)
    this.missingScopes = missingScopes
    this.authorizeUrl = authorizeUrl
  }
}

/** The signed-in user is none of those whom a route lets pass: `emails` and `hostedDomain` of its guard. */
export class EmailNotAllowedError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_EMAIL_NOT_ALLOWED'
  /** Path that starts a sign-in with another account and comes back, where one is known. */
  readonly authorizeUrl?: string

  /**
   * @param authorizeUrl Path that starts a sign-in with another account and comes back.
   * @param message What is wrong, and the fix.
   */
  constructor(authorizeUrl?: string, message = 'This account may not be used here. Choose another account.') {
    super(message)
    if (authorizeUrl !== undefined) this.authorizeUrl = authorizeUrl
  }
}

/** A route asks for a sign-in that is younger than this user's: `signedInWithin` of its guard. */
export class SignInTooOldError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_SIGN_IN_TOO_OLD'
  /** Path that starts a new sign-in and comes back. */
  readonly authorizeUrl: string

  /**
   * @param authorizeUrl Path that starts a new sign-in and comes back.
   */
  constructor(authorizeUrl: string) {
    super('This needs a fresh sign-in. Sign in with Google again.')
    this.authorizeUrl = authorizeUrl
  }
}
