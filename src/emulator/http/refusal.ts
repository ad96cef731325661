/** An error response. A handler throws it, and the error handler of the server sends it as it is. */
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
  headers: Readonly<Record<string, string>> = {},
  subtype?: string
): Refusal {
  const body = { error, error_description: description, ...(subtype === undefined ? {} : { error_subtype: subtype }) }
  return new Refusal(status, error, body, { 'cache-control': 'no-store', ...headers })
}

/** The refusal of a wrong request: a parameter is missing, repeated or malformed. */
export const invalidRequest = (description: string): Refusal => oauthRefusal(400, 'invalid_request', description)

/** The refusal of a code, a refresh token or an assertion. */
export const invalidGrant = (description: string): Refusal => oauthRefusal(400, 'invalid_grant', description)

/** The refusal of a method that the endpoint does not accept. */
export function methodNotAllowed(allow: string): Refusal {
  return oauthRefusal(405, 'invalid_request', `This endpoint answers ${allow} only`, { allow })
}
