import { scopeList } from './scopes.js'

/** What a storage keeps of a token: plain data, secrets included. Times are milliseconds since the epoch. */
export interface TokenRecord {
  /** Empty where a refresh has yet to bring one. */
  accessToken: string
  /** Absent where Google sent none: access then ends with the access token. */
  refreshToken?: string
  /** When the access token ends. */
  expiresAt?: number
  /** The scopes that are granted, sign-in scopes by their short names. */
  scopes: string[]
  /** The ID token as Google sent it. */
  idToken?: string
  /** When the refresh token itself ends (Google's time-based access). */
  refreshTokenExpiresAt?: number
  /** When the user granted this, as far as it is known; the refresh token was issued then. */
  grantedAt?: number
  /** When the account was connected for the first time, where that is not `grantedAt`. */
  connectedAt?: number
  /** When a refresh last brought an access token. */
  refreshedAt?: number
  /** When the user was last asked again for consent, in order to get a refresh token. */
  consentAskedAt?: number
  /** What is known of a connected account. Absent for the account of somebody who signs in: their session has it. */
  profile?: AccountProfile
  /** Set when Google said that the grant has ended, so that Google is not asked again. */
  lost?: LostGrant
}

/** What a verified ID token said of a Google account when it was last connected. */
export interface AccountProfile {
  /** The e-mail address. */
  email?: string
  /** The whole name. */
  name?: string
  /** The URL of the picture. */
  picture?: string
  /** The Google Workspace domain that the account belongs to. */
  hostedDomain?: string
}

/** Why and when a grant ended. */
export interface LostGrant {
  /** As in `GrantLostError`. */
  reason: string
  /** A guess at why, see `GrantLostError`. */
  likelyCause?: string
  /** When it was found out, in milliseconds since the epoch. */
  at: number
}

const TEXTS = ['refreshToken', 'idToken'] as const
const PROFILE = ['email', 'name', 'picture', 'hostedDomain'] as const
const TIMES = [
  'expiresAt',
  'refreshTokenExpiresAt',
  'grantedAt',
  'connectedAt',
  'refreshedAt',
  'consentAskedAt'
] as const
/** The years 1 to 9999, as in Python: beyond them a time cannot be written to a file. */
const FIRST_TIME_MS = Date.parse('0001-01-01T00:00:00Z')
const LAST_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z')
const TIME = 'milliseconds since 1970, in the years 1 to 9999'

/** A copy of `record` without blank fields. Throws a `TypeError` that names the field for data of another shape. */
export function checkedRecord(record: TokenRecord): TokenRecord {
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
  if (copy.connectedAt === copy.grantedAt) delete copy.connectedAt
  if (record.profile) copy.profile = checkedProfile(record.profile)
  if (record.lost) copy.lost = checkedLoss(record.lost)
  return copy
}

function checkedProfile(profile: AccountProfile): AccountProfile {
  if (!isObject(profile)) throw wrong('profile', 'an object')
  const copy: AccountProfile = {}
  for (const field of PROFILE) {
    const value = profile[field] ?? undefined
    if (value === undefined) continue
    if (typeof value !== 'string') throw wrong(`profile.${field}`, 'a text')
    copy[field] = value
  }
  return Object.freeze(copy)
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
