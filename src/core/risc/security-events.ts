import { isId } from '../storage/grant-names.js'
import { eventTypeOf, LOGOUT_EVENT } from './event-types.js'
import { SecurityEventRefusal } from './refusals.js'
import { identifierIn, type TokenIdentifier } from './token-identifier.js'

/** One event of a token. */
export interface SecurityEvent {
  /** The short name of an event that Google sends; for another one, its URI. */
  type: string
  /** The `sub` of the account that it is about, where it is one of this issuer. */
  account?: string
  /** The refresh token that it is about. */
  token?: TokenIdentifier
  reason?: string
  state?: string
}

type Json = Record<string, unknown>

/**
 * The events in the claims of a verified token. Throws a `SecurityEventRefusal` for a token that is not a security event.
 * @param claims The claims.
 * @param issuers The issuers whose accounts are meant.
 * @see https://www.rfc-editor.org/rfc/rfc8417#section-2.2
 */
export function eventsIn(claims: Json, issuers: readonly string[]): SecurityEvent[] {
  const { events, sub_id: ofToken } = claims
  if (!isObject(events) || Object.keys(events).length === 0) {
    throw new SecurityEventRefusal('invalid_request', 'The token has no claim events, so it is not a security event.')
  }
  if (LOGOUT_EVENT in events) {
    throw new SecurityEventRefusal('invalid_request', 'The token is a logout token and not a security event.')
  }
  return Object.entries(events).map(([uri, payload]) => {
    if (!isObject(payload)) throw new SecurityEventRefusal('invalid_request', 'An event must be a JSON object.')
    const subject = [payload['subject'], ofToken].find(isObject) ?? {}
    return { type: eventTypeOf(uri), ...aboutWhom(subject, issuers), ...texts(payload) }
  })
}

/** Whether two issuers are the same one. Google writes its own with a slash at the end in security events, and without elsewhere. */
export function isSameIssuer(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '')
}

function aboutWhom(subject: Json, issuers: readonly string[]): Pick<SecurityEvent, 'account' | 'token'> {
  const { iss, sub } = subject
  const isOurs = typeof iss === 'string' && issuers.some((issuer) => isSameIssuer(issuer, iss))
  const token = identifierIn(subject)
  return { ...(isOurs && isId(sub) ? { account: sub } : {}), ...(token === undefined ? {} : { token }) }
}

function texts({ reason, state }: Json): Pick<SecurityEvent, 'reason' | 'state'> {
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof state === 'string' ? { state } : {})
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
