import type { Token } from '../../core/token/token.js'

/** How long a user is not asked again, when consent brought no refresh token or the user did not give it. */
const ASK_AGAIN_MS = 30 * 86_400_000

/**
 * Whether the user must visit Google once more, for a consent that brings a refresh token: Google sends one only with the
 * first consent. `false` when there is one already, because Google ends the oldest beyond 100, and for a month after the last
 * visit. The time of that visit is stored with the credentials (`consentAskedAt`).
 * @see https://developers.google.com/identity/protocols/oauth2/web-server#offline
 */
export function needsConsent({ refreshToken, consentAskedAt }: Token, now: number): boolean {
  return refreshToken === undefined && (consentAskedAt === undefined || now - consentAskedAt >= ASK_AGAIN_MS)
}
