import { withoutSecrets } from '../lib/safe-cause.js'

/** The HTTP status of each error code. Exhaustive: a code without a status does not compile. */
export const STATUS = {
  GOOGLE_AUTH_LOGIN_REQUIRED: 401,
  GOOGLE_AUTH_SCOPE_REQUIRED: 403,
  GOOGLE_AUTH_LOGIN_ATTEMPT: 400,
  GOOGLE_AUTH_RETURN_TO: 400,
  GOOGLE_AUTH_SCOPE_NOT_DECLARED: 400,
  GOOGLE_AUTH_AUTHORIZATION: 403,
  GOOGLE_AUTH_EXCHANGE: 503,
  GOOGLE_AUTH_ID_TOKEN: 401,
  GOOGLE_AUTH_HOSTED_DOMAIN: 403,
  GOOGLE_AUTH_EMAIL_NOT_ALLOWED: 403,
  GOOGLE_AUTH_SIGN_IN_TOO_OLD: 403,
  GOOGLE_AUTH_CSRF: 400,
  GOOGLE_AUTH_REFRESH: 503,
  GOOGLE_AUTH_GRANT_LOST: 401,
  GOOGLE_AUTH_REVOKE: 502,
  GOOGLE_AUTH_STORAGE: 503,
  GOOGLE_AUTH_ORIGIN: 500,
  GOOGLE_AUTH_RESPONSE_TOO_LARGE: 502,
  GOOGLE_AUTH_CROSS_SITE: 403,
  GOOGLE_AUTH_OWNER_MISMATCH: 403,
  GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED: 403,
  GOOGLE_AUTH_CLIENT_SECRETS: 500,
  GOOGLE_AUTH_CLIENT_KIND: 500,
  GOOGLE_AUTH_ACCESS_TOKEN: 401,
  GOOGLE_AUTH_CREDENTIALS_FORMAT: 500
} as const satisfies Record<GoogleAuthErrorCode, number>

/** The code of every error of this package. A code is stable; messages are not. */
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
  | 'GOOGLE_AUTH_EMAIL_NOT_ALLOWED'
  | 'GOOGLE_AUTH_SIGN_IN_TOO_OLD'
  | 'GOOGLE_AUTH_CSRF'
  | 'GOOGLE_AUTH_REFRESH'
  | 'GOOGLE_AUTH_GRANT_LOST'
  | 'GOOGLE_AUTH_REVOKE'
  | 'GOOGLE_AUTH_STORAGE'
  | 'GOOGLE_AUTH_ORIGIN'
  | 'GOOGLE_AUTH_RESPONSE_TOO_LARGE'
  | 'GOOGLE_AUTH_CROSS_SITE'
  | 'GOOGLE_AUTH_OWNER_MISMATCH'
  | 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED'
  | 'GOOGLE_AUTH_CLIENT_SECRETS'
  | 'GOOGLE_AUTH_CLIENT_KIND'
  | 'GOOGLE_AUTH_ACCESS_TOKEN'
  | 'GOOGLE_AUTH_CREDENTIALS_FORMAT'

/** The data of an error that a client may see. */
export interface ErrorExtensions {
  /** The stable name of the kind of error. */
  code: GoogleAuthErrorCode
  /** Path on which the user gives what is missing, where one is known. */
  authorizeUrl?: string
  /** The scopes that are needed and not granted. */
  missingScopes?: string[]
}

/** Seconds that a caller is asked to wait before it tries again, where Google did not say how many. */
const RETRY_AFTER_S = 2

/** The response header that goes with trouble that passes: whole seconds, one at least. */
export function retryAfterHeader(seconds: number = RETRY_AFTER_S): Record<string, string> {
  return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
}

/**
 * The base of all errors of this package. `code` is stable, data are fields, and `cause` is a copy of the first error
 * without bodies, parameters and inputs. No message and no field holds a token, code, verifier or secret.
 */
export abstract class GoogleAuthError extends Error {
  /** The stable name of this kind of error. */
  abstract readonly code: GoogleAuthErrorCode
  /** Headers of the response to this error. Fastify's error handler sends them. */
  readonly headers?: Record<string, string>

  /**
   * @param message What was wrong, what was expected, and the fix.
   * @param cause The first error, of which a copy without secrets is kept.
   * @param headers Headers of the response to this error.
   */
  constructor(message: string, cause?: unknown, headers?: Record<string, string>) {
    super(message, cause === undefined ? undefined : { cause: withoutSecrets(cause) })
    if (headers !== undefined) this.headers = headers
    // Not enumerable, so that a logger prints it once and JSON does not repeat it.
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true })
  }

  /**
   * What the client of a GraphQL server gets besides the message: the `code`, and where the user can give what is missing. Servers
   * that are made with graphql-js, such as mercurius, copy it into the answer.
   * @see https://spec.graphql.org/October2021/#sec-Errors
   */
  get extensions(): ErrorExtensions {
    const { code, authorizeUrl, missingScopes } = this as GoogleAuthError & ErrorExtensions
    return {
      code,
      ...(authorizeUrl === undefined ? {} : { authorizeUrl }),
      ...(missingScopes === undefined ? {} : { missingScopes })
    }
  }

  /** The HTTP status of the response to this error. Fastify's error handler uses it. */
  get statusCode(): number {
    return STATUS[this.code]
  }
}
