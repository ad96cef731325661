import { HostedDomainError, VerifyJwtTokenError } from '../errors/sign-in.js'
import { createHash, timingSafeEqual } from 'node:crypto'
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose'
import { keySet, type KeySet } from './jwks.js'
import type { Fetch } from '../lib/url.js'
import { providerFetch } from './fetch.js'
import { providerSource, type ProviderSource } from './endpoints.js'

/** The only algorithm that is accepted. Google uses no other, and a shared secret must never count as a public key. */
const ALGORITHM = 'RS256'
/** Default allowance for clocks that differ, in seconds. */
export const CLOCK_TOLERANCE_S = 60
/** Length of the longest `sub` that Google issues. */
const MAX_SUB_LENGTH = 255

/** Claims of a verified ID token. `email_verified` is a boolean, even if a text was sent. */
export interface IdTokenClaims extends JWTPayload {
  /** The issuer. */
  iss: string
  /** The user's id at the issuer: the only stable name. */
  sub: string
  /** The client, or the clients, that the token is for. */
  aud: string | string[]
  /** When the token ends, in seconds since the epoch. */
  exp: number
  /** When the token was issued, in seconds since the epoch. */
  iat: number
  /** The client that the token was issued to. */
  azp?: string
  /** The `nonce` of the authorization request. */
  nonce?: string
  /** A hash of the access token that came with it. */
  at_hash?: string
  /** The user's e-mail address. It may change: `sub` is the name to keep. */
  email?: string
  /** Whether the issuer has verified the address. */
  email_verified?: boolean
  /** The user's whole name. */
  name?: string
  /** The user's given name. */
  given_name?: string
  /** The user's family name. */
  family_name?: string
  /** The URL of the user's picture. */
  picture?: string
  /** The Google Workspace domain that the account belongs to. */
  hd?: string
  /** When the user last proved who they are, in seconds since the epoch, where the issuer says so. */
  auth_time?: unknown
  /** How they proved it, where the issuer says so. @see https://www.rfc-editor.org/rfc/rfc8176 */
  amr?: unknown
}

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
    if (expected.nonce !== undefined) check(sameText(claims.nonce, expected.nonce), 'nonce')
    if (expected.accessToken !== undefined && claims.at_hash !== undefined) {
      check(sameText(claims.at_hash, leftHalfHash(expected.accessToken)), 'at_hash')
    }
    if (!belongsToDomain(claims.hd, [expected.hostedDomain ?? []].flat())) throw new HostedDomainError()
    return { ...claims, ...emailVerified(claims) }
  }
}

/** Options of `verifyIdToken`. */
export interface VerifyIdTokenOptions extends IdTokenExpectations {
  /** The OpenID provider, read by discovery. Default: Google, which needs none. */
  issuer?: string
  /** Seconds that clocks may differ by, for every time claim; default: 60. */
  clockTolerance?: number
  /** For keys and discovery; default: the global `fetch`. */
  fetch?: Fetch
  /** The clock, in milliseconds since the epoch; default: `Date.now`. */
  now?: () => number
}

/** The issuers and keys that `verifyIdToken` has read, by `fetch` and issuer, so that not every call reads them. */
const sources = new WeakMap<Fetch, Map<string, Source>>()

interface Source {
  provider: ProviderSource
  keys: KeySet
}

/**
 * The verified claims of an ID token from any source (a mobile app, One Tap, a job). Throws a `VerifyJwtTokenError` with
 * `reason` and `claim`, which does not contain the token.
 * @param jwt The ID token, as it came.
 * @param options What it is checked against; `clientId` is needed.
 * @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
export async function verifyIdToken(jwt: string, options: VerifyIdTokenOptions): Promise<IdTokenClaims> {
  const { issuer, clockTolerance, fetch: base = fetch, now, ...expected } = options
  const { provider, keys } = sourceOf(base, issuer)
  return idTokenVerifier(provider, keys, { clockToleranceS: clockTolerance, now })(jwt, expected)
}

function sourceOf(base: Fetch, issuer = ''): Source {
  const known = sources.get(base) ?? new Map<string, Source>()
  sources.set(base, known)
  const source = known.get(issuer) ?? newSource(base, issuer === '' ? undefined : issuer)
  known.set(issuer, source)
  return source
}

function newSource(base: Fetch, issuer: string | undefined): Source {
  const bounded = providerFetch(base)
  const provider = providerSource({ issuer }, bounded)
  return { provider, keys: keySet(async () => (await provider()).server.jwks_uri, bounded) }
}

interface JwtChecks {
  issuer: string[]
  audience: string[]
  clockTolerance: number
  currentDate: Date
}

async function verifySignature(jwt: string, keys: KeySet, checks: JwtChecks): Promise<IdTokenClaims> {
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
    throw asVerifyError(error)
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

function asVerifyError(error: unknown): unknown {
  if (error instanceof VerifyJwtTokenError) return error
  if (error instanceof errors.JWTExpired) return new VerifyJwtTokenError('expired', error.claim, error)
  if (error instanceof errors.JWTClaimValidationFailed) {
    const reason = error.reason === 'missing' ? 'missing' : error.claim === 'nbf' ? 'too_early' : 'mismatch'
    return new VerifyJwtTokenError(reason, error.claim, error)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new VerifyJwtTokenError('signature', undefined, error)
  if (error instanceof errors.JWKSNoMatchingKey) return new VerifyJwtTokenError('no_matching_key', undefined, error)
  return new VerifyJwtTokenError('malformed', undefined, error)
}

function check(holds: boolean, claim: string, reason = 'mismatch'): asserts holds {
  if (!holds) throw new VerifyJwtTokenError(reason, claim)
}

/** Whether `hd`, a verified claim, is one of `domains`; `'*'` stands for any domain. No domains: no limit. */
export function belongsToDomain(hd: unknown, domains: readonly string[]): boolean {
  if (domains.length === 0) return true
  const own = typeof hd === 'string' ? hd.toLowerCase() : ''
  return own !== '' && domains.some((domain) => domain === '*' || domain.toLowerCase() === own)
}

/** @see https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken */
function leftHalfHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'ascii').digest().subarray(0, 16).toString('base64url')
}

function sameText(actual: unknown, expected: string): boolean {
  if (typeof actual !== 'string') return false
  const [a, b] = [Buffer.from(actual), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Google sometimes sends the text "true". */
function emailVerified(claims: JWTPayload): { email_verified?: boolean } {
  const value = claims['email_verified']
  return value === undefined ? {} : { email_verified: value === true || value === 'true' }
}
