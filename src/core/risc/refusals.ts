import { withoutSecrets } from '../lib/safe-cause.js'

/**
 * The codes of a refused security event token.
 * @see https://www.rfc-editor.org/rfc/rfc8935#section-2.4
 */
export type SecurityEventError =
  'invalid_request' | 'invalid_key' | 'invalid_issuer' | 'invalid_audience' | 'authentication_failed'

/** A security event token that is not accepted. The sender is told why, so no text of the token is in it. */
export class SecurityEventRefusal extends Error {
  readonly err: SecurityEventError

  constructor(err: SecurityEventError, description: string) {
    super(description)
    this.name = 'SecurityEventRefusal'
    this.err = err
  }
}

/** The issuer or the keys of the sender cannot be read just now. This passes. */
export class TransmitterUnavailable extends Error {
  constructor(cause: unknown) {
    super('The configuration or the keys of the sender of security events cannot be read.', {
      cause: withoutSecrets(cause)
    })
    this.name = 'TransmitterUnavailable'
  }
}
