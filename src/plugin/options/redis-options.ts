import { CACHE_LIMITS, type CacheLimits } from '../../redis/reads/cache.js'
import { check, isObject } from './check.js'

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
