import { Redis } from 'ioredis'
import type { RedisClient } from './commands.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'

/** How often a command is sent again after its connection was lost; the limit of a command ends it in any case. */
const MAX_RETRIES = 3
/** A connection that owes an answer for this long is given up: the other side may be gone without a word. */
const SILENCE_LIMIT_MS = 2 * COMMAND_LIMIT_MS
const FIRST_RECONNECT_MS = 50
const LONGEST_RECONNECT_MS = 1_000

/** A connection to Redis, and who must close it. */
export interface RedisConnection {
  redis: RedisClient
  /** For writes that replicas must confirm: a connection of its own, as those hold up what comes behind them. */
  writer: RedisClient
  /** Whether we opened `redis`. What was handed over is never closed. */
  owned: boolean
  /** Throws a `StorageError` within the limit of a command when Redis cannot be reached. */
  ping(): Promise<void>
  /** Closes what we opened; never fails, and never takes longer than a command may. */
  close(): Promise<void>
}

/** A connection by URL, which is opened at the first command, or the ioredis client that was handed over. */
export function connectRedis(urlOrClient: string | RedisClient, minReplicas = 0): RedisConnection {
  const owned = typeof urlOrClient === 'string'
  const redis = owned ? openRedis(urlOrClient) : urlOrClient
  const writer = minReplicas > 0 ? listenedTo<RedisClient>(duplicateOf(redis)) : redis
  const opened = [...(owned ? [redis] : []), ...(writer === redis ? [] : [writer])]
  return {
    redis,
    writer,
    owned,
    async ping() {
      await within(redis.ping())
    },
    async close() {
      await Promise.all(opened.map(closeClient))
    }
  }
}

function openRedis(url: string): Redis {
  return listenedTo(
    new Redis(url, {
      lazyConnect: true,
      connectTimeout: COMMAND_LIMIT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      maxRetriesPerRequest: MAX_RETRIES,
      retryStrategy: (times) =>
        Math.min(FIRST_RECONNECT_MS * 2 ** (times - 1), LONGEST_RECONNECT_MS) * (0.5 + Math.random() / 2),
      // The server is no master any more: ask where the master is now.
      reconnectOnError: (error) => error.message.startsWith('READONLY')
    })
  )
}

// The overloads of the two duplicate() do not unite.
function duplicateOf(redis: RedisClient): RedisClient {
  return 'nodes' in redis ? redis.duplicate() : redis.duplicate()
}

/** An 'error' that nobody listens to would be printed by ioredis; every command reports its own. */
function listenedTo<T extends RedisClient>(redis: T): T {
  redis.on('error', () => undefined)
  return redis
}

async function closeClient(redis: RedisClient): Promise<void> {
  if (redis.status === 'ready') await within(redis.quit()).catch(() => undefined)
  redis.disconnect()
}
