import { allowOrigins, type OriginRule } from '../../core/api/origins.js'
import { secureBareUrl, secureUrl } from '../../core/lib/url.js'
import { isScopeToken, mergeScopes, scopeList } from '../../core/token/scopes.js'
import { CACHE_LIMITS, type CacheLimits } from '../../redis/reads/cache.js'
import { returnTarget } from './return-target.js'
import type { GoogleAuthOptions } from '../types/options.js'

export interface Paths {
  start: string
  return: string
  signOut: string
  revoke: string
  risc: string
  credential: string
  code: string
}

const MIN_SECRET_LENGTH = 32
const DEFAULT_SCOPES = ['openid', 'email', 'profile']
export const DEFAULT_PATHS = {
  startPath: '/auth/start',
  returnPath: '/auth/return',
  signOutPath: '/auth/signout',
  revokePath: '/auth/revoke',
  riscPath: '/auth/risc',
  credentialPath: '/auth/credential',
  codePath: '/auth/code'
}

/** Throws a `TypeError` unless `holds`. It names the option, what it must be and what to do. */
export function check(holds: boolean, option: string, mustBe: string, whatToDo: string): asserts holds {
  if (!holds) throw new TypeError(`The option ${option} ${mustBe}. ${whatToDo}`)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function checkSecrets(given: unknown): [string, ...string[]] {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  check(
    list.length > 0 && list.every((secret) => typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH),
    'secret',
    `must be a string of ${MIN_SECRET_LENGTH} or more characters, or a list of them`,
    'Make one with: openssl rand -base64 48'
  )
  return [...list] as [string, ...string[]]
}

export function checkScopes(given: unknown): string[] {
  const shaped =
    given === undefined ||
    typeof given === 'string' ||
    (Array.isArray(given) && given.every((scope) => typeof scope === 'string'))
  check(shaped, 'scopes', 'must be a list of scopes', "Pass for example ['openid', 'email', 'profile'].")
  const scopes = scopeList(given ?? DEFAULT_SCOPES)
  check(
    scopes.every(isScopeToken),
    'scopes',
    'must hold scopes as Google writes them',
    'Look them up at https://developers.google.com/identity/protocols/oauth2/scopes'
  )
  return mergeScopes(['openid'], scopes)
}

/** The paths of the routes, with the `prefix` of the scope in which the plugin is registered. */
export function checkPaths(options: GoogleAuthOptions, prefix: string): Paths {
  const path = (name: keyof typeof DEFAULT_PATHS): string => {
    const { [name]: value = DEFAULT_PATHS[name] }: GoogleAuthOptions = options
    check(
      typeof value === 'string' && /^\/[\w.~/-]+$/.test(value) && !value.includes('//'),
      name,
      'must be a path such as /auth/start, without parameters',
      `Leave it out for ${DEFAULT_PATHS[name]}.`
    )
    return prefix + value
  }
  const paths = {
    start: path('startPath'),
    return: path('returnPath'),
    signOut: path('signOutPath'),
    revoke: path('revokePath'),
    risc: path('riscPath'),
    credential: path('credentialPath'),
    code: path('codePath')
  }
  check(
    new Set(Object.values(paths)).size === Object.keys(paths).length,
    'returnPath',
    'and the other paths must differ from each other',
    'Give each route its own path.'
  )
  return paths
}

export function checkDefaultReturnTo(given: unknown = '/', origin: string, trusted: readonly string[]): string {
  const target = returnTarget(given, origin, trusted)
  check(
    target !== null,
    'defaultReturnTo',
    'must be a path of this site, or a URL of one of trustedOrigins',
    'Pass for example /home.'
  )
  return target
}

export function checkTrustedOrigins(given: unknown = []): string[] {
  const valid =
    Array.isArray(given) &&
    given.every(
      (origin) => typeof origin === 'string' && secureUrl(origin) !== null && new URL(origin).origin === origin
    )
  check(
    valid,
    'trustedOrigins',
    'must be a list of origins, https or http on a loopback host, without a path',
    "Pass for example ['https://www.example.com']."
  )
  return [...(given as string[])]
}

export function checkKeys(given: unknown = []): string[] {
  const reserved = ['googleAuth', 'cookie']
  const valid = Array.isArray(given) && given.every((key) => isText(key) && !reserved.includes(key))
  check(valid, 'keepAtSignIn', 'must be a list of keys of the session', "Pass for example ['cart'].")
  return [...(given as string[])]
}

export function checkAccessType(given: unknown = 'offline'): 'offline' | 'online' {
  check(
    given === 'offline' || given === 'online',
    'accessType',
    "must be 'offline' or 'online'",
    "Leave it out for 'offline'."
  )
  return given
}

export function checkDomains(given: unknown, option = 'hostedDomain'): string[] {
  const domains: unknown[] = given === undefined ? [] : [given].flat()
  const valid = domains.every(
    (domain) => typeof domain === 'string' && (domain === '*' || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain))
  )
  check(
    valid && (given === undefined || domains.length > 0),
    option,
    "must be a Google Workspace domain, a list of them, or '*' for any",
    "Pass for example 'example.com'."
  )
  return (domains as string[]).map((domain) => domain.toLowerCase())
}

/** @see https://spec.openapis.org/oas/v3.1.0#components-object */
export function checkSecurityScheme(given: unknown): string | undefined {
  check(
    given === undefined || (typeof given === 'string' && /^[\w.-]+$/.test(given)),
    'securityScheme',
    'must be the name of a security scheme of your OpenAPI document',
    "Leave it out, or pass for example 'session'."
  )
  return given
}

export function checkIssuer(given: unknown): string | undefined {
  if (given === undefined) return undefined
  check(
    secureBareUrl(given) !== null,
    'issuer',
    'must be an https URL without user, query and fragment (http only on a loopback host)',
    'Leave it out for Google.'
  )
  return given as string
}

export function checkOrigins(given: unknown = ['https://*.googleapis.com']): OriginRule {
  const shaped = Array.isArray(given) && given.length > 0 && given.every((origin) => typeof origin === 'string')
  check(shaped, 'apiOrigins', 'must be a list of origins', "Leave it out for ['https://*.googleapis.com'].")
  return allowOrigins(given)
}

export function checkBytes(given: unknown): number | undefined {
  check(
    given === undefined || (typeof given === 'number' && given > 0),
    'maxResponseBytes',
    'must be a number of bytes above 0',
    'Leave it out for 64 MiB.'
  )
  return given
}

export function seconds(given: unknown, option: string, byDefault: number, least = 0): number {
  const value = given === undefined ? byDefault : given
  check(
    typeof value === 'number' && Number.isFinite(value) && value >= least,
    option,
    `must be a number of seconds, ${least} or more`,
    `Leave it out for ${byDefault}.`
  )
  return value
}

export function checkReplicas(given: unknown = 0): number {
  check(
    typeof given === 'number' && Number.isInteger(given) && given >= 0,
    'redisReplicas',
    'must be a whole number, 0 or more',
    'Leave it out to wait for no replica.'
  )
  return given
}

/** The limits of the cache; `null` where it is off. */
export function checkCache(given: unknown, redis: unknown): CacheLimits | null {
  if (given === undefined || given === false) return null
  const limits = given === true ? {} : given
  check(
    isObject(limits) && Object.keys(limits).every((name) => Object.hasOwn(CACHE_LIMITS, name)),
    'cache',
    'must be true, or an object with maxEntries and maxAgeMs',
    'Pass true, or leave it out.'
  )
  const { maxEntries = CACHE_LIMITS.maxEntries, maxAgeMs = CACHE_LIMITS.maxAgeMs } = limits
  check(
    [maxEntries, maxAgeMs].every((limit) => typeof limit === 'number' && Number.isInteger(limit) && limit > 0),
    'cache',
    'must have whole numbers above 0 as maxEntries and maxAgeMs',
    `Leave them out for ${CACHE_LIMITS.maxEntries} records and ${CACHE_LIMITS.maxAgeMs} ms.`
  )
  check(
    !isObject(redis) || !('nodes' in redis),
    'cache',
    'does not work with a Redis Cluster, whose nodes each track their own keys',
    'Leave it out, or pass a Redis that is not a Cluster.'
  )
  return { maxEntries, maxAgeMs } as CacheLimits
}

export function checkRedis(given: unknown): void {
  if (given === undefined) return
  const url = typeof given === 'string' && URL.canParse(given) && /^rediss?:$/.test(new URL(given).protocol)
  const client = isObject(given) && typeof given['get'] === 'function' && typeof given['evalsha'] === 'function'
  check(
    url || client,
    'redis',
    'must be a URL such as redis://localhost:6379, or an ioredis Redis or Cluster',
    'Pass process.env.REDIS_URL, or a client.'
  )
}
