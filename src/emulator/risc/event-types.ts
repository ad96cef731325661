/**
 * The events that Google sends, by the last part of their URIs.
 * @see https://developers.google.com/identity/protocols/risc#supported_event_types
 */
export const SECURITY_EVENTS = {
  'sessions-revoked': 'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked',
  'tokens-revoked': 'https://schemas.openid.net/secevent/oauth/event-type/tokens-revoked',
  'token-revoked': 'https://schemas.openid.net/secevent/oauth/event-type/token-revoked',
  'account-disabled': 'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
  'account-enabled': 'https://schemas.openid.net/secevent/risc/event-type/account-enabled',
  'account-credential-change-required':
    'https://schemas.openid.net/secevent/risc/event-type/account-credential-change-required',
  verification: 'https://schemas.openid.net/secevent/risc/event-type/verification'
} as const

/** An event that Google sends, by the last part of its URI. */
export type SecurityEventType = keyof typeof SECURITY_EVENTS

/** The URI of an event; that of an unknown one is what was given. */
export function uriOf(type: string): string {
  return (SECURITY_EVENTS as Record<string, string>)[type] ?? type
}
