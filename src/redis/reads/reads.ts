import { LimitedCache, type CacheLimits, type RecordCache } from './cache.js'
import { type RedisClient, replyCode, type RunScript, runScript } from '../commands.js'
import { createReader, type Reader } from './reader.js'
import { tracedCache, tracedReader } from '../traced.js'
import { within } from '../time-limit.js'
import { Tracking } from './tracking.js'

/** How records are read: the reader, and what keeps the records that it read. */
export interface Reads {
  read: Reader
  /** Runs a script that only reads, and whose answer is kept under its first key. */
  readByScript: RunScript
  /** `undefined`: each read asks Redis. */
  cache: RecordCache | undefined
  close(): void
}

/**
 * Opens the cache, unless `limits` is `null`. `told` is called when it goes off, and on again. Throws a `TypeError` when the
 * server does not track keys, and a `StorageError` for other trouble.
 */
export async function openReads(
  redis: RedisClient,
  limits: CacheLimits | null,
  told: (on: boolean) => void
): Promise<Reads> {
  const read = createReader(redis)
  const readByScript: RunScript = (script, keys, args) => within(runScript(redis, script, keys, args))
  if (limits === null || 'nodes' in redis)
    return { read: tracedReader(read), readByScript, cache: undefined, close: () => undefined }
  const cache = new LimitedCache(limits)
  const tracking = new Tracking(redis, {
    on() {
      cache.turnOn()
      told(true)
    },
    off() {
      cache.turnOff()
      told(false)
    },
    changed: (key) => (key === null ? cache.clear() : cache.drop(key))
  })
  try {
    await tracking.start()
  } catch (error) {
    tracking.close()
    const code = replyCode((error as Error).cause)
    if (code === undefined) throw error
    throw new TypeError(
      `The option cache needs the command CLIENT TRACKING, and this Redis refuses it (${code}). Redis has it since version 6. Allow the command for this user, or leave the option out.`
    )
  }
  return {
    cache: tracedCache(cache),
    read: tracedReader((key) =>
      tracking.read(key, () => {
        cache.drop(key) // its changes would not be told
        return read(key)
      })
    ),
    readByScript: (script, keys, args) =>
      tracking.runScript(script, keys, args, () => {
        cache.drop(keys[0] ?? '')
        return readByScript(script, keys, args)
      }),
    close: () => tracking.close()
  }
}
