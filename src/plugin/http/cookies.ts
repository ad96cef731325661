import type { FastifyReply } from 'fastify'
import { sha256 } from '../../core/lib/sha256.js'
import type { Settings } from '../options/options.js'

type CookieOptions = NonNullable<Parameters<FastifyReply['setCookie']>[2]>

/** 48 bits: enough to tell the apps of one host apart, and short, because a browser sends it with every request. */
const HASH_LENGTH = 8

/**
 * The names and attributes of all cookies of this plugin. A name contains a short hash of issuer, client id and redirect URI,
 * so that two apps on one host do not share cookies: a browser sends a cookie to every port of a host.
 */
export interface Cookies {
  /** `hostOnly`: the cookie has no domain and the path `/`, as the prefix `__Host-` requires. */
  session(hostOnly: boolean): string
  attempt(suffix: string): string
  signInCount: string
  refusals: string
  oneTapNonce(suffix: string): string
  attributes: CookieOptions
}

/**
 * The cookies of one app.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix
 */
export function cookiesOf({ clientNames, redirectUri }: Pick<Settings, 'clientNames' | 'redirectUri'>): Cookies {
  const secure = redirectUri.protocol === 'https:'
  const hash = sha256(JSON.stringify([...clientNames, redirectUri.href])).slice(0, HASH_LENGTH)
  const name = (what: string, hostOnly = true): string =>
    `${secure && hostOnly ? '__Host-' : ''}google-auth-${what}-${hash}`
  return {
    session: (hostOnly) => name('session', hostOnly),
    attempt: (suffix) => `${name('attempt')}-${suffix}`,
    signInCount: name('count'),
    refusals: name('refusals'),
    oneTapNonce: (suffix) => `${name('nonce')}-${suffix}`,
    attributes: { ...NOTHING_BY_DEFAULT, path: '/', httpOnly: true, sameSite: 'lax', secure }
  }
}

/** The app can give @fastify/cookie defaults for its own cookies. They must not count for these cookies. */
const NOTHING_BY_DEFAULT = {
  domain: undefined,
  expires: undefined,
  maxAge: undefined,
  partitioned: undefined,
  priority: undefined,
  signed: undefined,
  encode: undefined
} as unknown as CookieOptions
