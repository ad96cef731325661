import { allowOrigins, type OriginRule } from '../../core/api/origins.js'
import { secureBareUrl, secureUrl } from '../../core/lib/url.js'
import { check } from './check.js'

export function checkTrustedOrigins(given: unknown = []): string[] {
  const valid =
    Array.isArray(given) &&
    given.every(
      (origin) =>
        typeof origin === 'string' &&
        secureUrl(origin) !== null &&
        new URL(origin).origin === origin &&
        !origin.includes('*')
    )
  check(
    valid,
    'trustedOrigins',
    'must be a list of origins, https or http on a loopback host, without a path and without *',
    "Pass for example ['https://www.example.com']."
  )
  return [...(given as string[])]
}

export function checkOrigins(given: unknown = ['https://*.googleapis.com']): OriginRule {
  const shaped = Array.isArray(given) && given.length > 0 && given.every((origin) => typeof origin === 'string')
  check(shaped, 'apiOrigins', 'must be a list of origins', "Leave it out for ['https://*.googleapis.com'].")
  return allowOrigins(given)
}

export function checkIssuer(given: unknown): string | undefined {
  if (given === undefined) return undefined
  check(
    secureBareUrl(given) !== null,
    'issuer',
    'must be an https URL without user, query and fragment (http only on a loopback host)',
    'Leave it out for Google.'
  )
  return given as string
}
