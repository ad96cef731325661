/** Thrown by a handler to answer with an error: the server's error handler sends it as it is. */
export class Refusal extends Error {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/**
 * An error of the token, revocation or tokeninfo endpoint.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function oauthRefusal(
  status: number,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {}
): Refusal {
  return new Refusal(
    status,
    error,
    { error, error_description: description },
    { 'cache-control': 'no-store', ...headers }
  )
}

/** A mistake in the request itself: a parameter missing, doubled or malformed. */
export const invalidRequest = (description: string): Refusal => oauthRefusal(400, 'invalid_request', description)

/** What was presented (a code, a refresh token, an assertion) is no good. */
export const invalidGrant = (description: string): Refusal => oauthRefusal(400, 'invalid_grant', description)

/** The answer to a method the endpoint does not take. */
export function methodNotAllowed(allow: string): Refusal {
  return oauthRefusal(405, 'invalid_request', `This endpoint answers ${allow} only`, { allow })
}
