import type { FastifySessionOptions } from '@fastify/session'
import { check, isObject } from './check.js'
import type { Paths } from './route-options.js'

/** Options for @fastify/session. Its secret is the option `secret` of this plugin. */
export type SessionOptions = Omit<FastifySessionOptions, 'secret'>

/** The options of @fastify/session, which ignores unknown names without an error. */
const KNOWN = {
  algorithm: true,
  cookieName: true,
  cookie: true,
  store: true,
  saveUninitialized: true,
  rolling: true,
  idGenerator: true,
  cookiePrefix: true
} satisfies Record<keyof SessionOptions, true>

/** A copy of the options for @fastify/session. Its cookie must reach the routes of the plugin, or no sign-in is kept. */
export function checkSession(given: unknown = {}, paths: Paths): SessionOptions {
  const { cookie = {}, ...options } = isObject(given) ? given : { cookie: null }
  check(
    isObject(cookie),
    'session',
    'and its session.cookie must be objects of options for @fastify/session',
    'Leave it out for the defaults.'
  )
  for (const name of Object.keys(options)) {
    check(
      Object.hasOwn(KNOWN, name),
      `session.${name}`,
      name === 'secret' ? 'is the option secret of this plugin' : 'is not known to @fastify/session',
      `Known are ${Object.keys(KNOWN).join(', ')}.`
    )
  }
  const { maxAge, path = '/', expires } = cookie
  check(
    maxAge === undefined || (typeof maxAge === 'number' && Number.isFinite(maxAge) && maxAge > 0),
    'session.cookie.maxAge',
    'must be a number of milliseconds above 0',
    'Leave it out for 14 days.'
  )
  check(expires === undefined, 'session.cookie.expires', 'would end every session at one time', 'Use maxAge.')
  check(
    typeof path === 'string' && /^\//.test(path) && Object.values(paths).every(isBelow(path)),
    'session.cookie.path',
    'must cover the routes of this plugin',
    "Leave it out for '/'."
  )
  return { ...options, cookie: { ...cookie } }
}

function isBelow(path: string): (route: string) => boolean {
  return (route) => route.startsWith(path.endsWith('/') ? path : `${path}/`)
}
