import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { replyCode, type RedisClient } from './commands.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'

/** What a Redis says about itself. */
export interface RedisFacts {
  version: string
  /** `standalone`, `cluster` or `sentinel`. */
  mode: string
  /** `master` or `slave`. */
  role: string
  /** What it does when its memory is full; `null` when it does not tell. */
  maxmemoryPolicy: string | null
  /** Whether it tells its clients of changed keys. */
  canTrack: boolean
}

/** What a look at the Redis at a URL has found. */
export interface RedisInspection {
  /** Host and port, or the path of a socket; without the password. */
  place: string
  facts: RedisFacts | null
  /** Why there are no facts: the code of the network or of Redis, such as `ECONNREFUSED` or `WRONGPASS`. */
  trouble: string | null
}

/** The facts about the Redis at a URL, or why there are none. Never throws; takes a few seconds at most, and changes nothing. */
export async function inspectRedis(url: string): Promise<RedisInspection> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: COMMAND_LIMIT_MS,
    maxRetriesPerRequest: 0,
    // It asks for INFO as well, and prints a warning where that is forbidden.
    enableReadyCheck: false,
    retryStrategy: () => null
  })
  let last: unknown
  redis.on('error', (error: unknown) => (last = error))
  const { host, port, path } = redis.options
  const place = path ?? `${host}:${port}`
  try {
    // Its own limit ends a connection that is not made. This one ends a server that says nothing.
    const facts = await Promise.race([factsOf(redis), sleep(2 * COMMAND_LIMIT_MS, null, { ref: false })])
    return { place, facts, trouble: facts ? null : 'no answer in time' }
  } catch (error) {
    return { place, facts: null, trouble: codeIn(last) ?? codeIn(error) ?? 'no connection' }
  } finally {
    redis.disconnect()
  }
}

const codeIn = (error: unknown): string | undefined =>
  (error as { code?: string } | undefined)?.code ?? replyCode(error)

async function factsOf(redis: Redis): Promise<RedisFacts> {
  await redis.connect()
  const info = await redis.info()
  const field = (name: string): string => fieldOf(info, name) ?? 'unknown'
  return {
    version: field('redis_version'),
    mode: field('redis_mode'),
    role: field('role'),
    maxmemoryPolicy: fieldOf(info, 'maxmemory_policy'),
    canTrack: await redis.call('CLIENT', 'TRACKING', 'ON').then(
      () => true,
      () => false
    )
  }
}

/** The value of a field of `INFO`; `null` when the Redis does not tell it. */
function fieldOf(info: string, name: string): string | null {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? null
}

/** Whether a Redis with this policy removes keys when its memory is full. */
export function evicts(policy: string): boolean {
  return policy !== 'noeviction'
}

/** What a Redis does when its memory is full; `null` where it does not tell. */
export async function evictionPolicy(redis: RedisClient): Promise<string | null> {
  const node = 'nodes' in redis ? redis.nodes('master')[0] : redis
  const info = await within(node?.info('memory') ?? Promise.resolve('')).catch(() => '')
  return fieldOf(info, 'maxmemory_policy')
}
