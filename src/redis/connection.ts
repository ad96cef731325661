import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { StorageError } from '../core/errors/grant.js'
import { replyCode, type RedisClient } from './commands.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'

/** How often a command is sent again after its connection was lost; the limit of a command ends it in any case. */
const MAX_RETRIES = 3
/** A connection that owes an answer for this long is given up: the other side may be gone without a word. */
const SILENCE_LIMIT_MS = 2 * COMMAND_LIMIT_MS
/** How long the start of the app waits for a Redis that comes up late; Fastify gives a plugin ten seconds. */
const START_LIMIT_MS = 7_000
const START_PAUSE_MS = 100
const FIRST_RECONNECT_MS = 50
const LONGEST_RECONNECT_MS = 1_000

/** A connection to Redis, and who must close it. */
export interface RedisConnection {
  redis: RedisClient
  /** For writes that replicas must confirm: a connection of its own, as those hold up what comes behind them. */
  writer: RedisClient
  /** Whether we opened `redis`. What was handed over is never closed. */
  owned: boolean
  /** Waits until Redis answers. Throws a `StorageError` that says where Redis was sought and what went wrong. */
  reached(): Promise<void>
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
    reached: () => reached(redis),
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

/** What a Redis says, or the way to it, that is still starting; anything else does not pass by waiting. */
const STARTING = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|LOADING|CLUSTERDOWN)$/

async function reached(redis: RedisClient): Promise<void> {
  let trouble: unknown
  const listen = (error: unknown): void => {
    trouble = error
  }
  redis.on('error', listen)
  try {
    for (const deadline = performance.now() + START_LIMIT_MS; ; await sleep(START_PAUSE_MS)) {
      try {
        await within(redis.ping())
        return
      } catch (error) {
        const cause = trouble ?? (error as Error).cause
        const { code = replyCode(cause) } = (cause ?? {}) as { code?: string }
        // Without a code: the client is not connected yet and keeps no queue, or the time was up.
        const isStarting = code === undefined ? cause !== undefined && redis.status !== 'ready' : STARTING.test(code)
        if (isStarting && performance.now() < deadline) continue
        const what = code ?? 'no answer in time'
        const message = `Redis at ${placesOf(redis)} cannot be reached (${what}). Start it, or correct the option redis.`
        throw new StorageError(message, cause)
      }
    }
  } finally {
    redis.off('error', listen)
  }
}

/** Host and port, or the path of a socket, and never the password. */
function placesOf(redis: RedisClient): string {
  if ('nodes' in redis) {
    const nodes = redis.nodes().map(({ options: { host, port } }) => `${host}:${port}`)
    return nodes.length === 0 ? 'the nodes of the Cluster' : nodes.join(', ')
  }
  const { host, port, path } = redis.options
  return path ?? `${host}:${port}`
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
