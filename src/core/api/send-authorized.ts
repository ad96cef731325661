import { GrantLostError } from '../errors/grant.js'
import type { Token } from '../token/token.js'

/** Gives a token that can be sent now: any but the one that an API has just `rejected`. */
export type TokenSource = (rejected?: Token) => Promise<Token>

export interface AuthorizedSend<R> {
  send: (accessToken: string) => Promise<R>
  statusOf: (answer: R) => number
  /** Lets go of an answer that nobody will read, so that its connection is free again. */
  discard: (answer: R) => void
  /** Whether the very same request can be sent a second time; a one-shot stream cannot. */
  resendable: boolean
  /** Whether a 401 that no refresh can heal is returned (`true`), or told as a `GrantLostError`. */
  returnRefused: boolean
}

/**
 * The answer to a request sent with a token; after a 401 it is sent once more with another token.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export async function sendAuthorized<R>(source: TokenSource, how: AuthorizedSend<R>): Promise<R> {
  const token = await source()
  const answer = await how.send(token.accessToken)
  if (how.statusOf(answer) !== 401) return answer
  let other: Token
  try {
    // Also when the body is gone: the next request must not meet the same refused token.
    other = await source(token)
  } catch (error) {
    const unhealable = error instanceof GrantLostError && error.reason === 'no_refresh_token'
    if (unhealable && how.returnRefused) return answer
    how.discard(answer)
    throw error
  }
  if (!how.resendable) return answer
  how.discard(answer)
  return how.send(other.accessToken)
}
