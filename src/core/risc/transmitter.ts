import { errors, type CryptoKey, type JWTHeaderParameters } from 'jose'
import { secureUrl, type Fetch } from '../lib/url.js'
import { KEYS_COOL_DOWN_MS, keySet } from '../provider/jwks.js'
import { TransmitterUnavailable } from './refusals.js'

const PATH = '/.well-known/risc-configuration'

/** Who sends security events: its name, and the keys that the header of a token can mean. */
export interface Transmitter {
  issuer: string
  keys: CryptoKey[]
}

/** Throws jose's `JWKSNoMatchingKey` when no key fits, and a `TransmitterUnavailable` for trouble that passes. */
export type TransmitterSource = (header: JWTHeaderParameters) => Promise<Transmitter>

/**
 * The transmitter of an OpenID issuer, by its configuration document. The document is read together with the keys, and cached
 * as they are. Until it has been read once, a failure is not repeated for a cool-down.
 * @see https://developers.google.com/identity/protocols/risc#validate_the_security_event_token
 */
export function transmitterSource(openIdIssuer: string, fetch: Fetch, now: () => number = Date.now): TransmitterSource {
  let issuer: string | undefined
  let failure: unknown
  let failedAt = -Infinity
  const keys = keySet(
    async () => {
      const read = await readConfiguration(new URL(openIdIssuer).origin + PATH, fetch)
      issuer = read.issuer
      return read.jwksUri
    },
    fetch,
    now
  )
  let isKnown = false
  return async (header) => {
    const elapsedMs = now() - failedAt
    if (!isKnown && elapsedMs >= 0 && elapsedMs < KEYS_COOL_DOWN_MS) throw new TransmitterUnavailable(failure)
    try {
      const found = await keys(header)
      isKnown = true
      return { issuer: issuer ?? openIdIssuer, keys: found }
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) {
        isKnown = true
        throw error
      }
      failure = error
      failedAt = now()
      throw new TransmitterUnavailable(error)
    }
  }
}

async function readConfiguration(url: string, fetch: Fetch): Promise<{ issuer: string; jwksUri: string }> {
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  if (response.status !== 200) throw unusable(`is answered with ${response.status}`)
  const { issuer, jwks_uri: jwksUri } = ((await response.json()) ?? {}) as Record<string, unknown>
  if (typeof issuer !== 'string' || issuer === '') throw unusable('has no issuer')
  if (typeof jwksUri !== 'string' || secureUrl(jwksUri) === null) throw unusable('has no usable jwks_uri')
  return { issuer, jwksUri }
}

function unusable(why: string): Error {
  return Object.assign(new Error(`The RISC configuration ${why}.`), { code: 'GOOGLE_AUTH_RISC_CONFIGURATION' })
}
