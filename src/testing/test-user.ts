import { createHash, randomBytes } from 'node:crypto'
import { mergeScopes, scopeList } from '../core/token/scopes.js'
import { Token, type AccountProfile } from '../core/token/token.js'
import type { Settings } from '../plugin/options/options.js'
import type { TestGrant } from '../plugin/test-entrance.js'
import type { GoogleUser } from '../plugin/types/user.js'

/** Whom `signIn` signs in. Every field has a default. */
export interface TestUser {
  /** The user's `sub`. Default: one that belongs to `email`, so that the same address is the same user. */
  sub?: string
  /** Default: `ada@example.com`, or an address of `hostedDomain`. */
  email?: string
  /** Whether Google has verified the address. Default: `true`. */
  emailVerified?: boolean
  /** Default: `Ada Lovelace`. */
  name?: string
  /** The Workspace domain of the account. Default: the first of the option `hostedDomain`, else none. */
  hostedDomain?: string
  /** What the user granted, besides `openid`, `email` and `profile`. Default: the option `scopes` of the plugin. */
  scopes?: string | readonly string[]
  /** The access token that API calls are sent with. Default: one that no API knows. */
  accessToken?: string
  /** The refresh token. Default: none, so access ends with the access token. */
  refreshToken?: string
  /** Seconds until the access token ends; below 0 for one that has ended. Default: 3600. */
  expiresIn?: number
  /** In connect mode: who connects the account, as the option `owner` names them. */
  owner?: string
  /** In connect mode: the `sub` of the account. Default: as `sub`. */
  account?: string
}

const KNOWN = [
  ...['sub', 'email', 'emailVerified', 'name', 'hostedDomain', 'scopes', 'accessToken', 'refreshToken', 'expiresIn'],
  ...['owner', 'account']
]
/** What every sign-in grants. */
const IDENTITY = ['openid', 'email', 'profile']
/** The digits in a `sub` of Google. */
const SUB_LENGTH = 21
const LIFETIME_S = 3_600

/** The user and the grant that the options of `signIn` describe. Throws a `TypeError` for options that mean nothing here. */
export function testGrant(given: TestUser, settings: Settings): TestGrant {
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) throw new TypeError(`signIn() has no option ${name}. It has: ${KNOWN.join(', ')}.`)
  }
  const { expiresIn = LIFETIME_S } = given
  if (!Number.isFinite(expiresIn))
    throw new TypeError('expiresIn of signIn() must be a number of seconds. Leave it out for an hour.')
  const profile = profileOf(given, settings)
  const sub = given.account ?? given.sub ?? subOf(profile.email)
  const owner = ownerOf(given, settings, sub)
  const scopes = mergeScopes(IDENTITY, scopeList(given.scopes ?? settings.scopes))
  const now = Date.now()
  const user: GoogleUser = { sub, ...profile, emailVerified: given.emailVerified ?? true, scopes, signedInAt: now }
  const token = Token.from({
    accessToken: given.accessToken ?? `ya29.test-${randomBytes(12).toString('base64url')}`,
    ...(given.refreshToken === undefined ? {} : { refreshToken: given.refreshToken }),
    expiresAt: now + expiresIn * 1_000,
    grantedAt: now,
    scopes,
    ...(owner === sub ? {} : { profile })
  })
  return { grant: { owner, account: sub }, user, token }
}

function profileOf(given: TestUser, settings: Settings): AccountProfile & { email: string } {
  const [ofTheApp] = settings.hostedDomains
  const { name = 'Ada Lovelace', hostedDomain = ofTheApp === '*' ? 'example.com' : ofTheApp } = given
  const { email = `ada@${hostedDomain ?? 'example.com'}` } = given
  return { email, name, ...(hostedDomain === undefined ? {} : { hostedDomain }) }
}

function ownerOf({ owner, account }: TestUser, settings: Settings, sub: string): string {
  if (!settings.signsIn && owner === undefined)
    throw new TypeError(
      'With the option owner nobody signs in with Google. Name whose account is connected: signIn(app, { owner, account }).'
    )
  if (settings.signsIn && (owner !== undefined || account !== undefined))
    throw new TypeError(
      'owner and account of signIn() are for apps with the option owner. For a further account of a user, use app.googleAuth.storageFor(sub, account).put(token).'
    )
  return owner ?? sub
}

/** Looks like a `sub` of Google, and is the same for the same address. */
function subOf(email: string): string {
  const number = BigInt(`0x${createHash('sha256').update(email.toLowerCase()).digest('hex')}`)
  return `1${number.toString().slice(0, SUB_LENGTH - 1)}`
}
