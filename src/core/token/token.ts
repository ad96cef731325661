import { printsAs, REDACTED } from '../lib/redact.js'
import { checkedRecord, type AccountProfile, type LostGrant, type TokenRecord } from './record.js'

export type { AccountProfile, LostGrant, TokenRecord } from './record.js'

/** A token counts as expired this long before its end, so that it does not expire on its way to the API. */
export const EXPIRY_MARGIN_MS = 1_000

/**
 * What a grant gives the app: an access token and what belongs to it, frozen. It prints redacted everywhere. Storages,
 * and nothing else, get the secrets by `toRecord()`.
 */
export class Token {
  readonly #record: Readonly<TokenRecord>

  private constructor(record: TokenRecord) {
    this.#record = Object.freeze(record)
    Object.freeze(this)
  }

  /**
   * A token from a copy of plain data; `null` fields and empty refresh or ID tokens count as absent. Throws a
   * `TypeError` that names the field for data of another shape.
   * @param record What `toRecord()` gave, or the like.
   */
  static from(record: TokenRecord): Token {
    return new Token(checkedRecord(record))
  }

  /** What is sent to APIs; empty where a refresh has yet to bring one. */
  get accessToken(): string {
    return this.#record.accessToken
  }
  /** What brings the next access token, where Google sent one. */
  get refreshToken(): string | undefined {
    return this.#record.refreshToken
  }
  /** When the access token ends, in milliseconds since the epoch. */
  get expiresAt(): number | undefined {
    return this.#record.expiresAt
  }
  /** The scopes that are granted, sign-in scopes by their short names. */
  get scopes(): readonly string[] {
    return this.#record.scopes
  }
  /** The ID token as Google sent it. The plugin stores none. */
  get idToken(): string | undefined {
    return this.#record.idToken
  }
  /** When the refresh token itself ends (time-based access), in milliseconds since the epoch. */
  get refreshTokenExpiresAt(): number | undefined {
    return this.#record.refreshTokenExpiresAt
  }
  /** When the user granted this, in milliseconds since the epoch. */
  get grantedAt(): number | undefined {
    return this.#record.grantedAt
  }
  /** When the account was connected for the first time, in milliseconds since the epoch. */
  get connectedAt(): number | undefined {
    return this.#record.connectedAt ?? this.#record.grantedAt
  }
  /** What is known of a connected account; `undefined` for the account of somebody who signs in. */
  get profile(): AccountProfile | undefined {
    return this.#record.profile
  }
  /** When a refresh last brought an access token, in milliseconds since the epoch. */
  get refreshedAt(): number | undefined {
    return this.#record.refreshedAt
  }
  /** When the user was last asked again for consent, in milliseconds since the epoch. */
  get consentAskedAt(): number | undefined {
    return this.#record.consentAskedAt
  }
  /** Why and when the grant ended; `undefined` while it lives. */
  get lost(): LostGrant | undefined {
    return this.#record.lost
  }

  /** A copy of the plain data, secrets included: for storages and nothing else. */
  toRecord(): TokenRecord {
    return { ...this.#record, scopes: [...this.#record.scopes] }
  }

  /**
   * This token with some fields replaced.
   * @param changes The new values; `undefined` removes a field.
   */
  with(changes: { [K in keyof TokenRecord]?: TokenRecord[K] | undefined }): Token {
    return Token.from({ ...this.#record, ...changes } as TokenRecord)
  }
}

/**
 * Whether `token` can be sent now: its grant is not lost, and it is not the one that an API has just `rejected`.
 * @param token The token in question; `null` for none.
 * @param rejected The token that an API has just refused.
 * @param now The time, in milliseconds since the epoch.
 */
export function isUsable(token: Token | null, rejected?: Token | null, now: number = Date.now()): boolean {
  if (token === null || token.lost !== undefined || token.accessToken === '') return false
  if (token.accessToken === rejected?.accessToken) return false
  return token.expiresAt === undefined || token.expiresAt - EXPIRY_MARGIN_MS > now
}

/** Whether `token` is close enough to its end to be refreshed behind the request, although it can still be sent. */
export function isAging(token: Token, refreshAheadMs: number, now: number = Date.now()): boolean {
  if (token.expiresAt === undefined || token.lost !== undefined) return false
  // Where tokens are short-lived, every request would refresh one: a token is not aging in the first half of its life.
  const life = token.refreshedAt === undefined ? Infinity : token.expiresAt - token.refreshedAt
  return token.expiresAt - now <= Math.min(refreshAheadMs, life / 2)
}

printsAs(Token, (token) => ({
  accessToken: REDACTED,
  ...(token.refreshToken === undefined ? {} : { refreshToken: REDACTED }),
  ...(token.idToken === undefined ? {} : { idToken: REDACTED }),
  expiresAt: token.expiresAt,
  scopes: token.scopes,
  ...(token.lost === undefined ? {} : { lost: token.lost })
}))
