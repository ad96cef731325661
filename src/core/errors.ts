import { withoutSecrets } from './lib/safe-cause.js'

/** HTTP status that each error code is answered with. Exhaustive: a code without a status does not compile. */
const STATUS = {
  GOOGLE_AUTH_LOGIN_REQUIRED: 401,
  GOOGLE_AUTH_SCOPE_REQUIRED: 403,
  GOOGLE_AUTH_LOGIN_ATTEMPT: 400,
  GOOGLE_AUTH_RETURN_TO: 400,
  GOOGLE_AUTH_SCOPE_NOT_DECLARED: 400,
  GOOGLE_AUTH_AUTHORIZATION: 403,
  GOOGLE_AUTH_EXCHANGE: 502,
  GOOGLE_AUTH_ID_TOKEN: 401,
  GOOGLE_AUTH_HOSTED_DOMAIN: 403,
  GOOGLE_AUTH_REFRESH: 503,
  GOOGLE_AUTH_GRANT_LOST: 401,
  GOOGLE_AUTH_REVOKE: 502,
  GOOGLE_AUTH_STORAGE: 503,
  GOOGLE_AUTH_ORIGIN: 500,
  GOOGLE_AUTH_CROSS_SITE: 403,
  GOOGLE_AUTH_CLIENT_SECRETS: 500,
  GOOGLE_AUTH_CLIENT_KIND: 500,
  GOOGLE_AUTH_ACCESS_TOKEN: 401,
  GOOGLE_AUTH_CREDENTIALS_FORMAT: 500
} as const satisfies Record<GoogleAuthErrorCode, number>

export type GoogleAuthErrorCode =
  | 'GOOGLE_AUTH_LOGIN_REQUIRED'
  | 'GOOGLE_AUTH_SCOPE_REQUIRED'
  | 'GOOGLE_AUTH_LOGIN_ATTEMPT'
  | 'GOOGLE_AUTH_RETURN_TO'
  | 'GOOGLE_AUTH_SCOPE_NOT_DECLARED'
  | 'GOOGLE_AUTH_AUTHORIZATION'
  | 'GOOGLE_AUTH_EXCHANGE'
  | 'GOOGLE_AUTH_ID_TOKEN'
  | 'GOOGLE_AUTH_HOSTED_DOMAIN'
  | 'GOOGLE_AUTH_REFRESH'
  | 'GOOGLE_AUTH_GRANT_LOST'
  | 'GOOGLE_AUTH_REVOKE'
  | 'GOOGLE_AUTH_STORAGE'
  | 'GOOGLE_AUTH_ORIGIN'
  | 'GOOGLE_AUTH_CROSS_SITE'
  | 'GOOGLE_AUTH_CLIENT_SECRETS'
  | 'GOOGLE_AUTH_CLIENT_KIND'
  | 'GOOGLE_AUTH_ACCESS_TOKEN'
  | 'GOOGLE_AUTH_CREDENTIALS_FORMAT'

/** Seconds that a caller is asked to wait before it tries again, when nobody told us better. */
const RETRY_AFTER_S = 2

/**
 * The base of every error of this package. `code` is stable, data are fields, `cause` is a copy of the first error
 * without bodies, parameters or input. No message or field ever holds a token, code, verifier or secret.
 */
export abstract class GoogleAuthError extends Error {
  abstract readonly code: GoogleAuthErrorCode
  /** Response headers that go with the error; Fastify's error handler sends them. */
  readonly headers?: Record<string, string>

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause: withoutSecrets(cause) })
    // On the instance and hidden, so that a logger prints it once and JSON does not repeat it.
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true })
  }

  get statusCode(): number {
    return STATUS[this.code]
  }
}

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

  constructor(reason: keyof typeof ATTEMPT_MESSAGES, cause?: unknown) {
    super(ATTEMPT_MESSAGES[reason], cause)
    this.reason = reason
  }
}

/** `return_to` is not a path of this origin. */
export class ReturnToError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_RETURN_TO'

  constructor() {
    super('return_to must be a path of this site, such as /calendar?week=2, of at most 2000 characters.')
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
  /** What is wrong: `malformed`, `algorithm`, `signature`, `no_matching_key`, `keys_unavailable`, `missing`, `mismatch`, `expired`, `too_early`. */
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

/** The access token could not be refreshed just now. Passing trouble: nothing is dropped. */
export class AccessTokenRefreshError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_REFRESH'
  readonly reason: string
  override readonly headers: Record<string, string>

  /** `message`: what to do, where trying again is not the answer. */
  constructor(
    reason: string,
    cause?: unknown,
    retryAfterS: number = RETRY_AFTER_S,
    message = `The access token could not be refreshed just now (${reason}). Try again.`
  ) {
    super(message, cause)
    this.reason = reason
    this.headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterS))) }
  }
}

/** The grant is dead: only a new sign-in helps. */
export class GrantLostError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_GRANT_LOST'
  /** Google's `error`, or `missing`, `unreadable`, `no_refresh_token` for the stored record. */
  readonly reason: string
  /** A guess from evidence, see `likelyCause()`. */
  readonly likelyCause?: string

  constructor(reason: string, likelyCause?: string, cause?: unknown) {
    super(
      `Google access is gone (${reason}${likelyCause === undefined ? '' : `; likely ${likelyCause}`}). Sign in again.`,
      cause
    )
    this.reason = reason
    if (likelyCause !== undefined) this.likelyCause = likelyCause
  }
}

/** Google did not confirm a revocation. */
export class TokenRevokeError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_REVOKE'
  readonly reason: string

  constructor(reason: string, cause?: unknown) {
    super(`Google did not confirm the revocation (${reason}).`, cause)
    this.reason = reason
  }
}

/** The storage did not answer, or not in time. Passing trouble. */
export class StorageError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_STORAGE'
  override readonly headers = { 'retry-after': String(RETRY_AFTER_S) }

  constructor(message = 'The storage of sessions and credentials cannot be reached. Try again.', cause?: unknown) {
    super(message, cause)
  }
}

/** A token was about to be sent to an origin outside `apiOrigins`. */
export class OriginNotAllowedError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ORIGIN'
  readonly origin: string

  constructor(origin: string) {
    super(`A Google token is not sent to ${origin}. Allow the origin with the option apiOrigins if it is Google's.`)
    this.origin = origin
  }
}

/** A state-changing request came from another site. */
export class CrossSiteError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CROSS_SITE'

  constructor() {
    super('This request came from another site and was refused.')
  }
}

/** client_secrets.json cannot be used as it is. */
export class InvalidClientSecretsError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CLIENT_SECRETS'
}

/** client_secrets.json is of a kind that has no web flow. */
export class UnknownClientSecretsFlowError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CLIENT_KIND'
}

/** An access token obtained elsewhere was refused by the API, and there is nothing to refresh it with. */
export class AccessTokenCredentialsError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ACCESS_TOKEN'

  constructor() {
    super('The API refused the access token, and these credentials cannot refresh it.')
  }
}

/** Text or a file is not credentials in a form that we know. */
export class CredentialsFormatError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_CREDENTIALS_FORMAT'
}
