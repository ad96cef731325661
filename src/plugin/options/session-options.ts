import { check, isObject, type Paths } from './checks.js'

/** The options for @fastify/session, copied. Its cookie must reach the routes, or no sign-in would ever be kept. */
export function checkSession(given: unknown = {}, paths: Paths): Record<string, unknown> {
  const { cookie = {}, ...options } = isObject(given) ? given : { cookie: null }
  check(
    isObject(cookie),
    'session',
    'and its session.cookie must be objects of options for @fastify/session',
    'Leave it out for the defaults.'
  )
  const { maxAge, path = '/' } = cookie
  check(
    maxAge === undefined || (typeof maxAge === 'number' && Number.isFinite(maxAge) && maxAge > 0),
    'session.cookie.maxAge',
    'must be a number of milliseconds above 0',
    'Leave it out for 14 days.'
  )
  check(
    typeof path === 'string' && /^\//.test(path) && Object.values(paths).every(isBelow(path)),
    'session.cookie.path',
    'must cover the four routes of this plugin',
    "Leave it out for '/'."
  )
  return { ...options, cookie: { ...cookie } }
}

function isBelow(path: string): (route: string) => boolean {
  return (route) => route.startsWith(path.endsWith('/') ? path : `${path}/`)
}
