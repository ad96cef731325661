import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Settings } from '../options/options.js'

type CookieOptions = NonNullable<Parameters<FastifyReply['setCookie']>[2]>

/** 48 bits: enough to tell the apps of one host apart, and short, since a browser sends it with every request. */
const HASH_LENGTH = 8

/**
 * The names of every cookie that this plugin sets, and their attributes. A name carries a short hash of issuer, client id
 * and redirect URI: cookies belong to a host, whatever its port, and two apps on one host leave each other alone.
 */
export interface Cookies {
  /** `hostOnly`: with neither a domain nor a narrower path, which the prefix `__Host-` promises the browser. */
  session(hostOnly: boolean): string
  attempt(suffix: string): string
  signInCount: string
  attributes: CookieOptions
}

/**
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix
 */
export function cookiesOf({ clientNames, redirectUri }: Pick<Settings, 'clientNames' | 'redirectUri'>): Cookies {
  const secure = redirectUri.protocol === 'https:'
  const about = JSON.stringify([...clientNames, redirectUri.href])
  const hash = createHash('sha256').update(about).digest('base64url').slice(0, HASH_LENGTH)
  const name = (what: string, hostOnly = true): string =>
    `${secure && hostOnly ? '__Host-' : ''}google-auth-${what}-${hash}`
  return {
    session: (hostOnly) => name('session', hostOnly),
    attempt: (suffix) => `${name('attempt')}-${suffix}`,
    signInCount: name('count'),
    attributes: { ...NOTHING_BY_DEFAULT, path: '/', httpOnly: true, sameSite: 'lax', secure }
  }
}

/** The app may have given @fastify/cookie defaults for its own cookies; none of them is for ours. */
const NOTHING_BY_DEFAULT = {
  domain: undefined,
  expires: undefined,
  maxAge: undefined,
  partitioned: undefined,
  priority: undefined,
  signed: undefined,
  encode: undefined
} as unknown as CookieOptions
