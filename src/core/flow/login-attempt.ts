import { randomBytes } from 'node:crypto'
import { generateRandomCodeVerifier } from 'oauth4webapi'

/** How long a user may take at Google. */
export const ATTEMPT_LIFE_MS = 600_000
/** Bytes of randomness in `state` and `nonce`. */
const RANDOM_BYTES = 24

/** What must be remembered from the way out to the return: plain data, secret, for the one browser that began. */
export interface LoginAttempt {
  state: string
  nonce: string
  /** PKCE. @see https://www.rfc-editor.org/rfc/rfc7636 */
  codeVerifier: string
  /** What was asked for. */
  scopes: string[]
  redirectUri: string
  /** Binds the attempt to the client, so that a return for one client cannot finish another's. */
  clientId: string
  /** The provider promised to name itself in every return: one without `iss` comes from another. @see https://www.rfc-editor.org/rfc/rfc9207 */
  issPromised?: true
  /** Milliseconds since the epoch. */
  createdAt: number
}

/** A new attempt, with fresh randomness. */
export function newAttempt(
  about: Omit<LoginAttempt, 'state' | 'nonce' | 'codeVerifier' | 'createdAt'>,
  now: number
): LoginAttempt {
  const random = (): string => randomBytes(RANDOM_BYTES).toString('base64url')
  return { state: random(), nonce: random(), codeVerifier: generateRandomCodeVerifier(), ...about, createdAt: now }
}
