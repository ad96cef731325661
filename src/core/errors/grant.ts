import { GoogleAuthError, RETRY_AFTER_S } from './base.js'

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

  constructor(
    origin: string,
    message = `A Google token is not sent to ${origin}. Allow the origin with the option apiOrigins if it is Google's.`
  ) {
    super(message)
    this.origin = origin
  }
}

/** An API answered with more than `request()` reads. */
export class ResponseTooLargeError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_RESPONSE_TOO_LARGE'
  /** The bound, after decompression. */
  readonly maxResponseBytes: number

  constructor(maxResponseBytes: number) {
    super(
      `The API answered with more than ${maxResponseBytes} bytes. Ask for less (a smaller page, fewer fields), read the ` +
        "answer as a stream (responseType: 'stream'), or raise the option maxResponseBytes."
    )
    this.maxResponseBytes = maxResponseBytes
  }
}

/** An access token obtained elsewhere was refused by the API, and there is nothing to refresh it with. */
export class AccessTokenCredentialsError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ACCESS_TOKEN'

  constructor() {
    super('The API refused the access token, and these credentials cannot refresh it.')
  }
}
