import { printsAs, REDACTED } from '../lib/redact.js'
import { mergeScopes, scopeList } from './scopes.js'

/** What a storage keeps of a token: plain data, secrets included. Times are milliseconds since the epoch. */
export interface TokenRecord {
  accessToken: string
  refreshToken?: string
  expiresAt?: number
  scopes: string[]
  /** The ID token as Google sent it. */
  idToken?: string
  /** When the refresh token itself ends (Google's time-based access). */
  refreshTokenExpiresAt?: number
  /** When the user granted this, as far as we know: the birth of the refresh token. */
  grantedAt?: number
  /** When a refresh last brought an access token. */
  refreshedAt?: number
  /** When the user was last sent round for a consent that brings a refresh token. */
  consentAskedAt?: number
  /** Set when Google declared the grant dead, so that nobody asks again. */
  lost?: LostGrant
}

/** Why and when a grant died. */
export interface LostGrant {
  reason: string
  likelyCause?: string
  at: number
}

/** A token is taken for expired this long before it is, so that it does not die on its way. */
export const EXPIRY_MARGIN_MS = 1_000

/**
 * One answer of the token endpoint, frozen. Prints redacted everywhere; `toRecord()` is the only way out and meant for
 * storages alone.
 */
export class Token {
  readonly #record: Readonly<TokenRecord>

  private constructor(record: TokenRecord) {
    this.#record = Object.freeze(record)
    Object.freeze(this)
  }

  /** A token made from plain data, which is copied; `null` fields and empty refresh or ID tokens count as absent. Throws a `TypeError` for data of another shape. */
  static from(record: TokenRecord): Token {
    return new Token(checkedCopy(record))
  }

  get accessToken(): string {
    return this.#record.accessToken
  }
  get refreshToken(): string | undefined {
    return this.#record.refreshToken
  }
  get expiresAt(): number | undefined {
    return this.#record.expiresAt
  }
  get scopes(): readonly string[] {
    return this.#record.scopes
  }
  get idToken(): string | undefined {
    return this.#record.idToken
  }
  get refreshTokenExpiresAt(): number | undefined {
    return this.#record.refreshTokenExpiresAt
  }
  get grantedAt(): number | undefined {
    return this.#record.grantedAt
  }
  get refreshedAt(): number | undefined {
    return this.#record.refreshedAt
  }
  get consentAskedAt(): number | undefined {
    return this.#record.consentAskedAt
  }
  get lost(): LostGrant | undefined {
    return this.#record.lost
  }

  /** A copy of the plain data, secrets included: for storages and nothing else. */
  toRecord(): TokenRecord {
    return { ...this.#record, scopes: [...this.#record.scopes] }
  }

  /** This token with some fields replaced; `undefined` removes a field. */
  with(changes: { [K in keyof TokenRecord]?: TokenRecord[K] | undefined }): Token {
    return Token.from({ ...this.#record, ...changes } as TokenRecord)
  }

  /**
   * This token as the successor of `earlier`: what the newer answer left out is kept. Google sends a refresh token only
   * with the first consent, and a refresh may name fewer scopes than the user granted.
   * @see https://developers.google.com/identity/protocols/oauth2/web-server#offline
   */
  succeeding(earlier: Token | null): Token {
    if (earlier === null || earlier.lost !== undefined) return this
    const brought = this.refreshToken !== undefined
    return this.with({
      scopes: mergeScopes(earlier.scopes, this.scopes),
      refreshToken: this.refreshToken ?? earlier.refreshToken,
      refreshTokenExpiresAt: brought
        ? this.refreshTokenExpiresAt
        : (this.refreshTokenExpiresAt ?? earlier.refreshTokenExpiresAt),
      idToken: this.idToken ?? earlier.idToken,
      consentAskedAt: this.consentAskedAt ?? earlier.consentAskedAt,
      grantedAt: brought ? (this.grantedAt ?? earlier.grantedAt) : (earlier.grantedAt ?? this.grantedAt)
    })
  }
}

/** Whether `token` can be sent now: its grant is not lost, and it is not the one that an API has just `rejected`. */
export function isUsable(token: Token | null, rejected?: Token | null, now: number = Date.now()): boolean {
  if (token === null || token.lost !== undefined || token.accessToken === '') return false
  if (token.accessToken === rejected?.accessToken) return false
  return token.expiresAt === undefined || token.expiresAt - EXPIRY_MARGIN_MS > now
}

/** Whether `token`, usable still, is close enough to its end to be refreshed behind the request. */
export function isAging(token: Token, refreshAheadMs: number, now: number = Date.now()): boolean {
  if (token.expiresAt === undefined || token.lost !== undefined) return false
  // A provider of short tokens must not be asked again on every request: half of such a token's life is served in peace.
  const life = token.refreshedAt === undefined ? Infinity : token.expiresAt - token.refreshedAt
  return token.expiresAt - now <= Math.min(refreshAheadMs, life / 2)
}

const TEXTS = ['refreshToken', 'idToken'] as const
const TIMES = ['expiresAt', 'refreshTokenExpiresAt', 'grantedAt', 'refreshedAt', 'consentAskedAt'] as const
/** The years 1 to 9999, which every calendar and every JSON reader has, Python's included. */
const FIRST_TIME_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z')
const TIME = 'milliseconds since 1970, in the years 1 to 9999'

function checkedCopy(record: TokenRecord): TokenRecord {
  if (!isObject(record)) throw new TypeError('A token record must be an object.')
  if (typeof record.accessToken !== 'string') throw wrong('accessToken', 'a text')
  if (!isScopes(record.scopes)) throw wrong('scopes', 'a list of texts')
  const copy: TokenRecord = {
    accessToken: record.accessToken,
    scopes: Object.freeze(scopeList(record.scopes)) as string[]
  }
  for (const field of TEXTS) {
    const value = record[field] ?? ''
    if (typeof value !== 'string') throw wrong(field, 'a text')
    if (value !== '') copy[field] = value
  }
  for (const field of TIMES) {
    const value = record[field] ?? undefined
    if (value === undefined) continue
    if (!isTime(value)) throw wrong(field, TIME)
    copy[field] = value
  }
  if (record.lost) copy.lost = checkedLoss(record.lost)
  return copy
}

function checkedLoss(lost: LostGrant): LostGrant {
  if (!isObject(lost)) throw wrong('lost', 'an object')
  if (typeof lost.reason !== 'string') throw wrong('lost.reason', 'a text')
  if (typeof (lost.likelyCause ?? '') !== 'string') throw wrong('lost.likelyCause', 'a text')
  if (!isTime(lost.at)) throw wrong('lost.at', TIME)
  return Object.freeze({ ...lost })
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= FIRST_TIME_MS && value <= LAST_TIME_MS
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isScopes(value: unknown): boolean {
  const list = value ?? []
  return typeof list === 'string' || (Array.isArray(list) && list.every((scope) => typeof scope === 'string'))
}

function wrong(field: string, mustBe: string): TypeError {
  return new TypeError(`${field} of a token record must be ${mustBe}.`)
}

printsAs(Token, (token) => ({
  accessToken: REDACTED,
  ...(token.refreshToken === undefined ? {} : { refreshToken: REDACTED }),
  ...(token.idToken === undefined ? {} : { idToken: REDACTED }),
  expiresAt: token.expiresAt,
  scopes: token.scopes,
  ...(token.lost === undefined ? {} : { lost: token.lost })
}))
