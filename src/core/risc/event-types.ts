const RISC = 'https://schemas.openid.net/secevent/risc/event-type'
const OAUTH = 'https://schemas.openid.net/secevent/oauth/event-type'

/**
 * The events that Google sends, by their short names.
 * @see https://developers.google.com/identity/protocols/risc#supported_event_types
 */
export const EVENT_TYPES = {
  'sessions-revoked': `${RISC}/sessions-revoked`,
  'tokens-revoked': `${OAUTH}/tokens-revoked`,
  'token-revoked': `${OAUTH}/token-revoked`,
  'account-disabled': `${RISC}/account-disabled`,
  'account-enabled': `${RISC}/account-enabled`,
  'account-credential-change-required': `${RISC}/account-credential-change-required`,
  verification: `${RISC}/verification`
} as const

/** The short name of an event that Google sends. */
export type EventType = keyof typeof EVENT_TYPES

/** The Shared Signals Framework has a name of its own for this one. */
const VERIFICATION_OF_SSF = 'https://schemas.openid.net/secevent/ssf/event-type/verification'

const NAMES = new Map<string, string>([
  ...Object.entries(EVENT_TYPES).map(([name, uri]): [string, string] => [uri, name]),
  [VERIFICATION_OF_SSF, 'verification']
])

/**
 * What a logout token says in its `events`. It looks like a security event, but it is not one.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
 */
export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** The short name of an event, or its URI where Google sends no such event. */
export function eventTypeOf(uri: string): string {
  return NAMES.get(uri) ?? uri
}
