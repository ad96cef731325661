import { GoogleAuthError, retryAfterHeader } from './base.js'

/** The storage could not do what it was asked for, in time or at all. This passes. */
export class StorageError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_STORAGE'
  declare readonly headers: Record<string, string>

  /**
   * @param message What did not answer.
   * @param cause The first error, of which a copy without secrets is kept.
   */
  constructor(message = 'The storage of sessions and credentials cannot be reached. Try again.', cause?: unknown) {
    super(message, cause, retryAfterHeader())
  }
}
