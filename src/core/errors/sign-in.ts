import { GoogleAuthError, retryAfterHeader, STATUS } from './base.js'

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

/**
 * What failed in an exchange: the code, which a new sign-in replaces; the app, which its developer must change; or
 * the way to Google, which recovers.
 */
export type ExchangeFault = 'code' | 'app' | 'trouble'

const EXCHANGE_STATUS = { code: 400, app: 500, trouble: STATUS.GOOGLE_AUTH_EXCHANGE } satisfies Record<
  ExchangeFault,
  number
>

const CONSOLE = 'in the Google console (APIs & Services, Credentials)'
/** What to mend where Google refuses the app, by its `error`. */
const APP_FIXES: Record<string, string> = {
  invalid_client: `Compare clientId and clientSecret with the OAuth client ${CONSOLE}.`,
  unauthorized_client: `Use an OAuth client of the type "Web application", made ${CONSOLE}.`,
  redirect_uri_mismatch: `Register redirectUri, letter by letter, with the OAuth client ${CONSOLE}.`
}

/** The code could not be exchanged for tokens, or the provider's endpoints could not be discovered. */
export class FlowExchangeError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_EXCHANGE'
  /** Google's `error`, or a word for what happened on the way: `timeout`, `unreachable`, `http_503`. */
  readonly reason: string
  /** Decides the status: 400 for a refused code, 500 for a refused app, else 503 with `Retry-After`. */
  readonly fault: ExchangeFault

  /**
   * @param reason Google's `error`, or a word for what happened on the way.
   * @param fault Whose fault it is: of the code, of the app, or trouble that passes.
   * @param options The first error, and how long to wait.
   * @param options.cause The first error, of which a copy without secrets is kept.
   * @param options.retryAfterS Seconds that the caller is asked to wait; default: 2.
   */
  constructor(
    reason: string,
    fault: ExchangeFault,
    { cause, retryAfterS }: { cause?: unknown; retryAfterS?: number | undefined } = {}
  ) {
    super(exchangeMessage(reason, fault), cause, fault === 'trouble' ? retryAfterHeader(retryAfterS) : undefined)
    this.reason = reason
    this.fault = fault
  }

  override get statusCode(): number {
    return EXCHANGE_STATUS[this.fault]
  }
}

function exchangeMessage(reason: string, fault: ExchangeFault): string {
  if (fault === 'code') return `Google refused the code (${reason}). Start the sign-in again.`
  if (fault === 'trouble') return `Google could not complete the sign-in just now (${reason}). Try again.`
  const fix = Object.hasOwn(APP_FIXES, reason) ? APP_FIXES[reason] : `Check the OAuth client ${CONSOLE}.`
  return `Google refused this app (${reason}). ${fix}`
}

/** The provider's keys cannot be fetched just now. This passes, and says nothing about the token. */
const KEYS_UNAVAILABLE = 'keys_unavailable'

/** The ID token cannot be trusted. */
export class VerifyJwtTokenError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ID_TOKEN'
  /**
   * What is wrong: `malformed`, `algorithm`, `type` (another kind of token), `signature`, `no_matching_key`,
   * `keys_unavailable`, `missing`, `mismatch`, `expired`, `too_early`, `used` (a credential that was posted before).
   */
  readonly reason: string
  /** The claim that is wrong, where it is one. */
  readonly claim?: string

  /**
   * @param reason What is wrong.
   * @param claim The claim that is wrong.
   * @param cause The first error, of which a copy without secrets is kept.
   */
  constructor(reason: string, claim?: string, cause?: unknown) {
    const headers = reason === KEYS_UNAVAILABLE ? retryAfterHeader() : undefined
    super(`The ID token was refused: ${reason}${claim === undefined ? '' : ` (${claim})`}.`, cause, headers)
    this.reason = reason
    if (claim !== undefined) this.claim = claim
  }

  override get statusCode(): number {
    return this.reason === KEYS_UNAVAILABLE ? 503 : STATUS[this.code]
  }
}

/** The account does not belong to a Google Workspace domain that may sign in. */
export class HostedDomainError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_HOSTED_DOMAIN'

  constructor() {
    super('This account does not belong to an organisation that may sign in here. Choose another account.')
  }
}

/** The signed-in user is none of those whom a route lets pass: `emails` and `hostedDomain` of its guard. */
export class EmailNotAllowedError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_EMAIL_NOT_ALLOWED'
  /** Path that starts a sign-in with another account and comes back, where one is known. */
  readonly authorizeUrl?: string

  /**
   * @param authorizeUrl Path that starts a sign-in with another account and comes back.
   */
  constructor(authorizeUrl?: string) {
    super('This account may not be used here. Choose another account.')
    if (authorizeUrl !== undefined) this.authorizeUrl = authorizeUrl
  }
}

/** A state-changing request, or one that opens a WebSocket, came from another site. */
export class CrossSiteError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CROSS_SITE'

  constructor() {
    super('This request came from another site and was refused.')
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

/** A credential was posted without proof that a page of this site has asked for it. */
export class CsrfTokenError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CSRF'

  constructor() {
    super(
      'The field g_csrf_token must equal the cookie of that name, which the script of Google sets. A page of this site that posts JSON needs no field, but its Origin or Sec-Fetch-Site must say so.'
    )
  }
}
