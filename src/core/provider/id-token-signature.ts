import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { VerifyJwtTokenError } from '../errors/id-token.js'
import type { IdTokenClaims } from './id-token-claims.js'
import type { KeySet } from './jwks.js'

/** The only algorithm that is accepted. Google uses no other, and a shared secret must never count as a public key. */
const ALGORITHM = 'RS256'

/** Characters of a claim in a message. */
const MOST_SHOWN = 200

/** What jose checks beside the signature. */
export interface JwtChecks {
  issuer: string[]
  audience: string[]
  clockTolerance: number
  currentDate: Date
}

/** The claims of a JWT that one of `keys` has signed. Throws a `VerifyJwtTokenError`. */
export async function verifySignature(jwt: string, keys: KeySet, checks: JwtChecks): Promise<IdTokenClaims> {
  const options = { ...checks, algorithms: [ALGORITHM], requiredClaims: ['sub', 'exp', 'iat'] }
  try {
    const header = decodeProtectedHeader(jwt)
    if (header.alg !== ALGORITHM) throw new VerifyJwtTokenError('algorithm')
    if (!isPlainJwt(header.typ)) throw new VerifyJwtTokenError('type')
    let failure: unknown
    for (const key of await keys({ ...header, alg: ALGORITHM }).catch(keysUnavailable)) {
      try {
        return (await jwtVerify(jwt, key, options)).payload as IdTokenClaims
      } catch (error) {
        failure = error
        // Claims are read only after the signature: this was the right key.
        if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) break
      }
    }
    throw failure
  } catch (error) {
    throw asVerifyError(error, checks)
  }
}

/** Other kinds of token name themselves in `typ`. @see https://www.rfc-editor.org/rfc/rfc8725#section-3.11 */
function isPlainJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT')
}

function keysUnavailable(error: unknown): never {
  if (error instanceof errors.JWKSNoMatchingKey) throw error
  throw new VerifyJwtTokenError('keys_unavailable', undefined, error)
}

function asVerifyError(error: unknown, { audience }: JwtChecks): unknown {
  if (error instanceof VerifyJwtTokenError) return error
  if (error instanceof errors.JWTExpired) return new VerifyJwtTokenError('expired', error.claim, error)
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = error.reason === 'missing' ? 'missing' : error.claim === 'nbf' ? 'too_early' : 'mismatch'
    const hint =
      error.claim === 'aud' ? ` It is for ${shortText(error.payload.aud)}, not for ${audience.join(' or ')}.` : ''
    return new VerifyJwtTokenError(reason, error.claim, error, hint)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new VerifyJwtTokenError('signature', undefined, error)
  if (error instanceof errors.JWKSNoMatchingKey) return new VerifyJwtTokenError('no_matching_key', undefined, error)
  return new VerifyJwtTokenError('malformed', undefined, error)
}

/** A claim as text, for a message. */
function shortText(claim: string | readonly string[] = 'nobody'): string {
  return [claim].flat().join(', ').slice(0, MOST_SHOWN)
}
