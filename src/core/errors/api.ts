import { GoogleAuthError } from './base.js'

/** A token was about to be sent to an origin outside `apiOrigins`. */
export class OriginNotAllowedError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ORIGIN'
  /** The origin that is not allowed. */
  readonly origin: string

  /**
   * @param origin The origin that is not allowed.
   * @param message What is wrong, and the fix.
   */
  constructor(
    origin: string,
    message = `A Google token is not sent to ${origin}. If that is an API of Google, list it in the option apiOrigins.`
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

  /** @param maxResponseBytes The bound, in bytes after decompression. */
  constructor(maxResponseBytes: number) {
    super(
      `The API answered with more than ${maxResponseBytes} bytes. Ask for less (a smaller page, fewer fields), read the ` +
        "answer as a stream (responseType: 'stream'), or raise the option maxResponseBytes."
    )
    this.maxResponseBytes = maxResponseBytes
  }
}

/** The API refused an access token that was obtained elsewhere, and it cannot be refreshed. */
export class AccessTokenCredentialsError extends GoogleAuthError {
  readonly code = 'GOOGLE_AUTH_ACCESS_TOKEN'

  constructor() {
    super('The API refused the access token, and these credentials cannot refresh it. Obtain a new one.')
  }
}
