import { GoogleAuthError, retryAfterHeader, STATUS } from './base.js'

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
   * @param hint A further sentence, beginning with a space.
   */
  constructor(reason: string, claim?: string, cause?: unknown, hint = '') {
    const headers = reason === KEYS_UNAVAILABLE ? retryAfterHeader() : undefined
    super(`The ID token was refused: ${reason}${claim === undefined ? '' : ` (${claim})`}.${hint}`, cause, headers)
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
