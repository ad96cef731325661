import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { StorageError } from '../core/errors/storage.js'
import { replyCode, type RedisClient } from './commands.js'
import { COMMAND_LIMIT_MS, within } from './time-limit.js'

/** How often a command is sent again after its connection was lost, within the time limit of a command. */
const MAX_RETRIES = 3
/** A connection without an answer for this long is closed: the server may be gone without a notice. */
const SILENCE_LIMIT_MS = 2 * COMMAND_LIMIT_MS
/** How long the app waits at its start for a Redis that starts late. Fastify gives a plugin ten seconds. */
const START_LIMIT_MS = 7_000
const START_PAUSE_MS = 100
const FIRST_RECONNECT_MS = 50
const LONGEST_RECONNECT_MS = 1_000

/** The clients for Redis. */
export interface RedisConnection {
  redis: RedisClient
  /** For writes that replicas must confirm. It has its own connection, because such a write delays the commands after it. */
  writer: RedisClient
  /** Whether this package opened `redis`. A client of the app is never closed. */
  owned: boolean
  /** Waits until Redis answers. Throws a `StorageError` that names the address and the error. */
  reached(): Promise<void>
  /** Tells when the connection that this package opened is lost, once, and when it is back. */
  watch(lost: (message: string) => void, back: () => void): void
  /** Closes what this package opened, within the time limit of a command. Never throws. */
  close(): Promise<void>
}

/** A connection to the Redis at a URL, opened by the first command; or the client of the app, as it is. */
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
    watch(lost, back) {
      if (owned) watchConnection(redis, lost, back)
    },
    async close() {
      await Promise.all(opened.map(closeClient))
    }
  }
}

function openRedis(url: string): Redis {
  return listenedTo(
    new CorkedRedis(url, {
      lazyConnect: true,
      connectTimeout: COMMAND_LIMIT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      maxRetriesPerRequest: MAX_RETRIES,
      retryStrategy: (times) =>
        Math.min(FIRST_RECONNECT_MS * 2 ** (times - 1), LONGEST_RECONNECT_MS) * (0.5 + Math.random() / 2),
      // The server has become a replica. A new connection finds the master.
      reconnectOnError: (error) => error.message.startsWith('READONLY')
    })
  )
}

/** Commands of one turn of the event loop go out in one write. Most of the cost of a command is its write to the socket. */
class CorkedRedis extends Redis {
  #corked = false

  override sendCommand(...args: Parameters<Redis['sendCommand']>): ReturnType<Redis['sendCommand']> {
    const { stream } = this
    if (!this.#corked && this.status === 'ready') {
      this.#corked = true
      stream.cork()
      process.nextTick(() => {
        this.#corked = false
        stream.uncork()
      })
    }
    return super.sendCommand(...args)
  }
}

// TypeScript cannot call duplicate() on the union: the overloads of Redis and Cluster differ.
function duplicateOf(redis: RedisClient): RedisClient {
  return 'nodes' in redis ? redis.duplicate() : redis.duplicate()
}

/** Codes of a Redis, or of a network, that is still starting. Waiting does not help with any other code. */
const STARTING = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|LOADING|CLUSTERDOWN)$/

function watchConnection(redis: RedisClient, lost: (message: string) => void, back: () => void): void {
  let isLost = false
  redis.on('error', (error: Error & { code?: string }) => {
    const code = error.code ?? replyCode(error) ?? error.name
    if (!isLost) lost(`Redis at ${placesOf(redis)} cannot be reached (${code}).`)
    isLost = true
  })
  redis.on('ready', () => {
    if (isLost) back()
    isLost = false
  })
}

/** Codes of a Redis that answers, but not this client. */
const REFUSES = /^(NOAUTH|WRONGPASS|NOPERM)$/

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
        // No code: the client is not connected yet and has no queue, or the time limit was reached.
        const isStarting = code === undefined ? cause !== undefined && redis.status !== 'ready' : STARTING.test(code)
        if (isStarting && performance.now() < deadline) continue
        throw new StorageError(whyNotReached(placesOf(redis), code), cause)
      }
    }
  } finally {
    redis.off('error', listen)
  }
}

function whyNotReached(places: string, code = 'no answer in time'): string {
  return REFUSES.test(code)
    ? `Redis at ${places} refuses this client (${code}). Put the right user and password into the option redis, as in redis://user:PASSWORD@host:6379.`
    : `Redis at ${places} cannot be reached (${code}). Start it, or correct the option redis.`
}

/** The host and port, or the path of a socket; without the password. */
function placesOf(redis: RedisClient): string {
  if ('nodes' in redis) {
    const nodes = redis.nodes().map(({ options: { host, port } }) => `${host}:${port}`)
    return nodes.length === 0 ? 'the nodes of the Cluster' : nodes.join(', ')
  }
  const { host, port, path } = redis.options
  return path ?? `${host}:${port}`
}

/** ioredis prints an 'error' without a listener. None is needed: each command rejects with its own error. */
function listenedTo<T extends RedisClient>(redis: T): T {
  redis.on('error', () => undefined)
  return redis
}

async function closeClient(redis: RedisClient): Promise<void> {
  if (redis.status === 'ready') await within(redis.quit()).catch(() => undefined)
  redis.disconnect()
}
