import { GoogleAuthError, STATUS } from './base.js'

/** Nobody is signed in. */
export class LoginRequiredError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_LOGIN_REQUIRED'
  /** Path that starts the sign-in, where one is known. */
  readonly authorizeUrl?: string

  constructor(authorizeUrl?: string) {
    super('Sign in with Google first.')
    if (authorizeUrl !== undefined) this.authorizeUrl = authorizeUrl
  }
}

/** The signed-in user has not granted every scope that is needed here. */
export class ScopeRequiredError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_SCOPE_REQUIRED'
  readonly missingScopes: string[]
  /** Path that asks Google for the missing scopes and comes back. */
  readonly authorizeUrl: string

  constructor(missingScopes: string[], authorizeUrl: string) {
    super(`This needs access that has not been granted yet: ${missingScopes.join(' ')}`)
    this.missingScopes = missingScopes
    this.authorizeUrl = authorizeUrl
  }
}

const ATTEMPT_MESSAGES = {
  missing: 'This sign-in is not known in this browser, or it was used already. Start it again.',
  expired: 'This sign-in took too long. Start it again.',
  forged: 'This sign-in does not belong to this browser. Start it again.',
  malformed: 'The answer from Google is malformed. Start the sign-in again.',
  issuer: 'The answer comes from another provider than the one that was asked. Start the sign-in again.'
} as const

/** A return to the app that matches no sign-in this browser began. */
export class LoginAttemptError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_LOGIN_ATTEMPT'
  readonly reason: keyof typeof ATTEMPT_MESSAGES

  /** `hint`: a further sentence, beginning with a space. */
  constructor(reason: keyof typeof ATTEMPT_MESSAGES, cause?: unknown, hint = '') {
    super(ATTEMPT_MESSAGES[reason] + hint, cause)
    this.reason = reason
  }
}

/** `return_to` is not a path of this origin. */
export class ReturnToError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_RETURN_TO'

  constructor() {
    super(
      'return_to must be a path of this site, such as /calendar?week=2, of at most 2000 characters; less where several sign-ins are under way.'
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
  readonly reason: string
  /** What the user was asked for in vain, when a signed-in user was asked for more. */
  readonly missingScopes?: string[]

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

/** The code could not be exchanged for tokens. */
export class FlowExchangeError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_EXCHANGE'
  readonly reason: string
  readonly #refused: boolean

  /** `refused`: Google said no to this very code (400); otherwise Google could not be understood or reached (502). */
  constructor(reason: string, refused: boolean, cause?: unknown) {
    super(
      refused
        ? `Google refused the code (${reason}). Start the sign-in again.`
        : `The sign-in could not be completed with Google (${reason}). Try again.`,
      cause
    )
    this.reason = reason
    this.#refused = refused
  }

  override get statusCode(): number {
    return this.#refused ? 400 : STATUS[this.code]
  }
}

/** An ID token that must not be believed. */
export class VerifyJwtTokenError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ID_TOKEN'
  /** What is wrong: `malformed`, `algorithm`, `type` (another kind of token), `signature`, `no_matching_key`, `keys_unavailable`, `missing`, `mismatch`, `expired`, `too_early`. */
  readonly reason: string
  readonly claim?: string

  constructor(reason: string, claim?: string, cause?: unknown) {
    super(`The ID token was refused: ${reason}${claim === undefined ? '' : ` (${claim})`}.`, cause)
    this.reason = reason
    if (claim !== undefined) this.claim = claim
  }

  override get statusCode(): number {
    // The keys will be back: passing trouble, and no word about the token.
    return this.reason === 'keys_unavailable' ? 503 : STATUS[this.code]
  }
}

/** The account is not of the Google Workspace domain that the app is limited to. */
export class HostedDomainError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_HOSTED_DOMAIN'

  constructor() {
    super('This account does not belong to an organisation that may sign in here. Choose another account.')
  }
}

/** A state-changing request came from another site. */
export class CrossSiteError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CROSS_SITE'

  constructor() {
    super('This request came from another site and was refused.')
  }
}
