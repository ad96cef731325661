import { randomBytes } from 'node:crypto'

// Lengths are near what Google issues, and the alphabets hold its awkward characters: '/' in codes and refresh tokens.
const random = (bytes: number): string => randomBytes(bytes).toString('base64url')

/** A new access token, some 200 characters. */
export const newAccessToken = (): string => `ya29.a0${random(144)}`

/** A new refresh token, some 100 characters. */
export const newRefreshToken = (): string => `1//0${random(75)}`

/** A new authorization code. */
export const newCode = (): string => `4/0A${random(54)}`

/** A new client secret. */
export const newClientSecret = (): string => `GOCSPX-${random(21)}`

/** A new identifier that is no secret of the protocol: a pending request, an event, a key. */
export const newId = (): string => randomBytes(15).toString('hex')
