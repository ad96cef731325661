import { randomBytes } from '../lib/random.js'
import { generateRandomCodeVerifier } from 'oauth4webapi'

/** How long a user can stay at Google. */
export const ATTEMPT_LIFE_MS = 600_000
/** Bytes of randomness in `state` and `nonce`. */
const RANDOM_BYTES = 24

/** What is kept from the start of a sign-in to its return: plain data, secret, for the browser that began it. */
export interface LoginAttempt {
  /** Comes back in the return. */
  state: string
  /** Comes back in the ID token. */
  nonce: string
  /** PKCE. @see https://www.rfc-editor.org/rfc/rfc7636 */
  codeVerifier: string
  /** The scopes that were asked for. */
  scopes: string[]
  /** Where the return comes to. */
  redirectUri: string
  /** Binds the attempt to the client, so that a return for one client cannot finish a sign-in of another. */
  clientId: string
  /**
   * The provider's metadata promise `iss` in every return, so a return without it comes from elsewhere.
   * @see https://www.rfc-editor.org/rfc/rfc9207
   */
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
