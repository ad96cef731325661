import { GoogleAuthError, retryAfterHeader } from './base.js'

/** The access token could not be refreshed just now. This passes, and the stored grant stays as it is. */
export class AccessTokenRefreshError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_REFRESH'
  /** Google's `error` where it refuses the app, or a word for what happened on the way: `timeout`, `http_503`. */
  readonly reason: string
  declare readonly headers: Record<string, string>

  /**
   * @param reason Google's `error`, or a word for what happened on the way.
   * @param cause The first error, of which a copy without secrets is kept.
   * @param retryAfterS Seconds that the caller is asked to wait; default: 2.
   * @param message What to do, where trying again does not help.
   */
  constructor(
    reason: string,
    cause?: unknown,
    retryAfterS?: number,
    message = `The access token could not be refreshed just now (${reason}). Try again.`
  ) {
    super(message, cause, retryAfterHeader(retryAfterS))
    this.reason = reason
  }
}

/** The grant has ended, and only a new sign-in helps. */
export class GrantLostError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_GRANT_LOST'
  /**
   * Google's `error`, or `missing`, `unreadable`, `no_refresh_token` for the stored record, or `invalid` for a file of oauth2client, or the name of the security event that
   * ended it: `tokens-revoked`, `token-revoked`, `account-disabled`.
   */
  readonly reason: string
  /**
   * A guess at why, from Google's answer and the age of the grant: `invalid_rapt`, `admin_policy_enforced`,
   * `deleted_client`, `time_based_access_ended`, `testing_mode`, `unused_six_months`, `revoked`.
   */
  readonly likelyCause?: string
  /** Whose grant it was, where that is known. */
  grant?: {
    /** Whose credentials these are in the app. */
    owner: string
    /** The `sub` of the Google account. */
    account: string
  }

  /**
   * @param reason Google's `error`, or `missing`, `unreadable`, `no_refresh_token`.
   * @param likelyCause A guess at why.
   * @param cause The first error, of which a copy without secrets is kept.
   */
  constructor(reason: string, likelyCause?: string, cause?: unknown) {
    super(
      `Google access is gone (${reason}${likelyCause === undefined ? '' : `; likely ${likelyCause}`}). The user must sign in, or connect the account, again.`,
      cause
    )
    this.reason = reason
    if (likelyCause !== undefined) this.likelyCause = likelyCause
  }
}

/** Google did not confirm a revocation. */
export class TokenRevokeError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_REVOKE'
  /** Google's `error`, or a word for what happened: `timeout`, `http_503`, `unreadable`, `storage`. */
  readonly reason: string

  /**
   * @param reason Google's `error`, or a word for what happened.
   * @param cause The first error, of which a copy without secrets is kept.
   */
  constructor(reason: string, cause?: unknown) {
    super(`Google did not confirm the revocation (${reason}).`, cause)
    this.reason = reason
  }
}
