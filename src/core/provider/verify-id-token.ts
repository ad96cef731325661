import type { Fetch } from '../lib/url.js'
import { providerSource, type ProviderSource } from './endpoints.js'
import { providerFetch } from './fetch.js'
import { idTokenVerifier, type IdTokenExpectations } from './id-token.js'
import type { IdTokenClaims } from './id-token-claims.js'
import { keySet, type KeySet } from './jwks.js'

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
