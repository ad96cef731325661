import type { JWTPayload } from 'jose'

/** Claims of a verified ID token. `email_verified` is a boolean, even if a text was sent. */
export interface IdTokenClaims extends JWTPayload {
  /** The issuer. */
  iss: string
  /** The user's id at the issuer: the only stable name. */
  sub: string
  /** The client, or the clients, that the token is for. */
  aud: string | string[]
  /** When the token ends, in seconds since the epoch. */
  exp: number
  /** When the token was issued, in seconds since the epoch. */
  iat: number
  /** The client that the token was issued to. */
  azp?: string
  /** The `nonce` of the authorization request. */
  nonce?: string
  /** A hash of the access token that came with it. */
  at_hash?: string
  /** The user's e-mail address. It may change: `sub` is the name to keep. */
  email?: string
  /** Whether the issuer has verified the address. */
  email_verified?: boolean
  /** The user's whole name. */
  name?: string
  /** The user's given name. */
  given_name?: string
  /** The user's family name. */
  family_name?: string
  /** The URL of the user's picture. */
  picture?: string
  /** The Google Workspace domain that the account belongs to. */
  hd?: string
  /** When the user last proved who they are, in seconds since the epoch, where the issuer says so. */
  auth_time?: unknown
  /** How they proved it, where the issuer says so. @see https://www.rfc-editor.org/rfc/rfc8176 */
  amr?: unknown
}

/** Whether `hd`, a verified claim, is one of `domains`; `'*'` stands for any domain. No domains: no limit. */
export function belongsToDomain(hd: unknown, domains: readonly string[]): boolean {
  if (domains.length === 0) return true
  const own = typeof hd === 'string' ? hd.toLowerCase() : ''
  return own !== '' && domains.some((domain) => domain === '*' || domain.toLowerCase() === own)
}
