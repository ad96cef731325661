import type { LoginAttempt } from '../core/flow/login-attempt.js'
import { randomBytes } from '../core/lib/random.js'
import { sha256 } from '../core/lib/sha256.js'

/** 192 bits, 32 characters, as an id of @fastify/session. */
const ID_BYTES = 24
/** 114 bits. */
const PLACE_LENGTH = 19
/** 72 bits, which cannot be tried out: a second try of an attempt is refused. */
const PROOF_LENGTH = 12
const OF_RETURN = /^[\w-]{19}~[\w-]{12}$/

/** A session id that nobody can foretell. */
export function randomSessionId(): string {
  return randomBytes(ID_BYTES).toString('base64url')
}

/**
 * The id of the session that this return makes: the same for each request with the same code, in all processes. Its first part
 * is the place of the attempt, and its last part proves the code and the verifier.
 */
export function sessionIdOf({ state, codeVerifier }: LoginAttempt, code: string): string {
  const [place, proof] = [sha256(state), sha256(`${codeVerifier} ${code}`)]
  return `${place.slice(0, PLACE_LENGTH)}~${proof.slice(0, PROOF_LENGTH)}`
}

/**
 * The name under which a store keeps the session with this id. All codes of one attempt have one place. A session is sealed to
 * its whole id, so it opens only for the code that made it.
 */
export function placeOf(id: string): string {
  return OF_RETURN.test(id) ? id.slice(0, PLACE_LENGTH) : id
}
