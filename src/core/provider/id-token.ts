import { createHash } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { HostedDomainError, VerifyJwtTokenError } from '../errors/id-token.js'
import { isSameText } from '../lib/same-text.js'
import type { ProviderSource } from './endpoints.js'
import { belongsToDomain, type IdTokenClaims } from './id-token-claims.js'
import { verifySignature } from './id-token-signature.js'
import type { KeySet } from './jwks.js'

/** Default allowance for clocks that differ, in seconds. */
export const CLOCK_TOLERANCE_S = 60
/** Length of the longest `sub` that Google issues. */
const MAX_SUB_LENGTH = 255

/** What an ID token is checked against. */
export interface IdTokenExpectations {
  /** The audiences that are trusted: each `aud`, and `azp`, must be one of them. */
  clientId: string | readonly string[]
  /**
   * `true`: `azp` may be any client. Google puts there who asked for the token, such as the Android client of the same app.
   * Default: `azp` must be trusted, too.
   */
  anyAuthorizedParty?: boolean | undefined
  /** The `nonce` that the token must hold. Default: not checked. */
  nonce?: string | undefined
  /** The access token that came with it. `at_hash`, if it is there, must match. */
  accessToken?: string | undefined
  /** A Google Workspace domain, a list of them, or `'*'` for any: `hd` must be one of these. */
  hostedDomain?: string | readonly string[] | undefined
}

/** Gives the claims of one ID token. Throws a `VerifyJwtTokenError` or a `HostedDomainError`. */
export type IdTokenVerifier = (jwt: string, expected: IdTokenExpectations) => Promise<IdTokenClaims>

export interface VerifierOptions {
  clockToleranceS?: number | undefined
  now?: (() => number) | undefined
}

/**
 * A verifier of the ID tokens of one provider. It checks the signature (RS256, by the provider's keys), that it is an ID
 * token and no other kind, `iss`, `aud`, `azp`, `exp`, `iat` and `sub`, and `nonce`, `at_hash` and `hd` as asked.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 */
export function idTokenVerifier(
  provider: Pick<ProviderSource, 'issuers'>,
  keys: KeySet,
  { clockToleranceS = CLOCK_TOLERANCE_S, now = Date.now }: VerifierOptions = {}
): IdTokenVerifier {
  if (!Number.isFinite(clockToleranceS) || clockToleranceS < 0) {
    throw new TypeError('clockTolerance must be a number of seconds, zero or more.')
  }
  return async (jwt, expected) => {
    const { clientId } = expected
    const trusted = Array.isArray(clientId) ? [...(clientId as string[])] : [clientId as string]
    if (trusted.length === 0 || trusted.some((id) => typeof id !== 'string' || id === '')) {
      throw new TypeError(
        'clientId must be a client id, or a list of them: an ID token must not be accepted for any audience.'
      )
    }
    const claims = await verifySignature(jwt, keys, {
      issuer: [...provider.issuers],
      audience: trusted,
      clockTolerance: clockToleranceS,
      currentDate: new Date(now())
    })
    // Security event tokens are signed by the same keys. @see https://www.rfc-editor.org/rfc/rfc8417#section-4.6
    check(!('events' in claims), 'events', 'type')
    check(typeof claims.sub === 'string' && claims.sub !== '' && claims.sub.length <= MAX_SUB_LENGTH, 'sub')
    check(typeof claims.iat === 'number', 'iat')
    check(claims.iat <= now() / 1000 + clockToleranceS, 'iat', 'too_early')
    check(
      [claims.aud].flat().every((audience) => trusted.includes(audience)),
      'aud'
    )
    const party = claims.azp === undefined || expected.anyAuthorizedParty === true || trusted.includes(claims.azp)
    check(party, 'azp')
    if (expected.nonce !== undefined) check(isSame(claims.nonce, expected.nonce), 'nonce')
    if (expected.accessToken !== undefined && claims.at_hash !== undefined) {
      check(isSame(claims.at_hash, leftHalfHash(expected.accessToken)), 'at_hash')
    }
    if (!belongsToDomain(claims.hd, [expected.hostedDomain ?? []].flat())) throw new HostedDomainError()
    return { ...claims, ...emailVerified(claims) }
  }
}

function check(holds: boolean, claim: string, reason = 'mismatch'): asserts holds {
  if (!holds) throw new VerifyJwtTokenError(reason, claim)
}

/** @see https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken */
function leftHalfHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'ascii').digest().subarray(0, 16).toString('base64url')
}

function isSame(claim: unknown, expected: string): boolean {
  return typeof claim === 'string' && isSameText(claim, expected)
}

/** Google sometimes sends the text "true". */
function emailVerified(claims: JWTPayload): { email_verified?: boolean } {
  const value = claims['email_verified']
  return value === undefined ? {} : { email_verified: value === true || value === 'true' }
}
