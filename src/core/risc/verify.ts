import { compactVerify, decodeJwt, decodeProtectedHeader, errors, type JWTHeaderParameters } from 'jose'
import { SecurityEventRefusal } from './refusals.js'
import { eventsIn, isSameIssuer, type SecurityEvent } from './security-events.js'
import type { TransmitterSource } from './transmitter.js'

/** The only algorithm that is accepted, as for ID tokens. */
const ALGORITHM = 'RS256'

/** A verified security event token. */
export interface SecurityEventToken {
  /** Its name. Another token has another one. */
  jti: string
  events: SecurityEvent[]
}

/** Throws a `SecurityEventRefusal` for a token that is not accepted, a `TransmitterUnavailable` for trouble that passes. */
export type VerifySecurityEvent = (jwt: string) => Promise<SecurityEventToken>

export interface SecurityEventExpectations {
  transmitter: TransmitterSource
  /** The OpenID issuer, whose accounts the events are about. */
  issuer: string
  /** The clients of which `aud` must name one. */
  audiences: readonly string[]
}

/**
 * A verifier of the security event tokens of one transmitter. `exp` does not count: an event that has happened does not expire.
 * @see https://www.rfc-editor.org/rfc/rfc8417
 * @see https://developers.google.com/identity/protocols/risc
 */
export function securityEventVerifier(expected: SecurityEventExpectations): VerifySecurityEvent {
  const { transmitter, issuer, audiences } = expected
  return async (jwt) => {
    const header = checkedHeader(jwt)
    const { issuer: sender, keys } = await transmitter(header).catch(unknownKey)
    const isSigned = await Promise.any(keys.map((key) => compactVerify(jwt, key, { algorithms: [ALGORITHM] }))).then(
      () => true,
      () => false
    )
    if (!isSigned) throw new SecurityEventRefusal('authentication_failed', 'The signature of the token is wrong.')
    const claims = readClaims(jwt)
    const { iss, aud, jti } = claims
    if (typeof iss !== 'string' || !isSameIssuer(iss, sender)) {
      throw new SecurityEventRefusal('invalid_issuer', 'The token has another iss than the RISC configuration.')
    }
    if (![aud].flat().some((audience) => typeof audience === 'string' && audiences.includes(audience))) {
      throw new SecurityEventRefusal('invalid_audience', 'The token names no client of this receiver in aud.')
    }
    const events = eventsIn(claims, [sender, issuer])
    if (typeof jti !== 'string' || jti === '') throw malformed('The token has no jti.')
    return { jti, events }
  }
}

/** The header of a token that can be a security event: only then are keys looked up. */
function checkedHeader(jwt: string): JWTHeaderParameters {
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(jwt)
  } catch {
    throw malformed('The body is not a signed JWT in compact form.')
  }
  const { alg, typ } = header
  if (alg !== ALGORITHM) throw new SecurityEventRefusal('invalid_key', `The token must be signed by ${ALGORITHM}.`)
  // Google does not say which typ it sends. What makes a token an event is its claim events.
  const isEvent = typ === undefined || /^(application\/)?(jwt|secevent\+jwt)$/i.test(typ)
  if (!isEvent) throw malformed('The typ of the token is that of another kind of token.')
  readClaims(jwt)
  return { ...header, alg }
}

function readClaims(jwt: string): Record<string, unknown> {
  try {
    return decodeJwt(jwt)
  } catch {
    throw malformed('The body is not a signed JWT in compact form.')
  }
}

function unknownKey(error: unknown): never {
  if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
  throw new SecurityEventRefusal('invalid_key', 'The token is signed by a key that the sender does not publish.')
}

function malformed(description: string): SecurityEventRefusal {
  return new SecurityEventRefusal('invalid_request', description)
}
