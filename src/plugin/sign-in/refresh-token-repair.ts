import type { Token } from '../../core/token/token.js'

/** A user whom the extra round brought no refresh token, or who left it, is not asked again before. */
const ASK_AGAIN_MS = 30 * 86_400_000

/**
 * Whether the user should be sent round once more, for a consent that brings a refresh token. Google sends one with the
 * first consent only: never when there is one already, since Google ends the oldest beyond 100, and not again for a month.
 * That it was tried is kept with the credentials (`consentAskedAt`), whatever becomes of the round.
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#offline
 */
export function needsConsent({ refreshToken, consentAskedAt }: Token, now: number): boolean {
  return refreshToken === undefined && (consentAskedAt === undefined || now - consentAskedAt >= ASK_AGAIN_MS)
}
