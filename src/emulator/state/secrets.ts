import { randomBytes } from 'node:crypto'

// Lengths and characters are close to Google's, with the '/' in codes and refresh tokens that apps must encode.
const random = (bytes: number): string => randomBytes(bytes).toString('base64url')

/** A new access token of about 200 characters. */
export const newAccessToken = (): string => `ya29.a0${random(144)}`

/** A new refresh token of about 100 characters. */
export const newRefreshToken = (): string => `1//0${random(75)}`

/** A new authorization code. */
export const newCode = (): string => `4/0A${random(54)}`

/** A new client secret. */
export const newClientSecret = (): string => `GOCSPX-${random(21)}`

/** A new id of something that is not secret: a pending request, an event, a key. */
export const newId = (): string => randomBytes(15).toString('hex')
