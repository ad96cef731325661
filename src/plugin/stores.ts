import type { FastifyInstance } from 'fastify'
import { memoryStorage } from '../core/storage/memory.js'
import type { StorageFor } from '../core/storage/storage.js'
import { memorySessions } from '../sessions/memory.js'
import { connectRedis } from '../redis/connection.js'
import { redisSessions } from '../redis/sessions.js'
import { redisStorage } from '../redis/storage.js'
import type { Sealer } from '../core/lib/sealing.js'
import type { Sessions } from '../sessions/sessions.js'
import type { Settings } from './options/options.js'

/** Where credentials and sessions live, and what ends with the app. */
export interface Stores {
  storageFor: StorageFor
  sessions: Sessions
  close: () => Promise<void>
}

/** Opens what the options ask for. Throws a `StorageError` when Redis cannot be reached. */
export async function openStores(app: FastifyInstance, settings: Settings, sealer: Sealer): Promise<Stores> {
  const { redis: given, storage } = settings.given
  if (given === undefined) {
    if (storage === undefined) {
      app.log.warn(
        'fastify-google-auth keeps sessions and credentials in memory: they end with this process, and other processes do not know them. Set the option redis in production.'
      )
    }
    return { storageFor: storage ?? memoryStorage(), sessions: memorySessions(), close: async () => {} }
  }
  const connection = connectRedis(given, settings.redisReplicas)
  try {
    await connection.ping()
  } catch (error) {
    await connection.close()
    throw error
  }
  const { redis, writer } = connection
  const { clientId } = settings.client
  return {
    storageFor: storage ?? redisStorage({ redis, writer, sealer, clientId, minReplicas: settings.redisReplicas }),
    sessions: redisSessions({ redis }),
    close: () => connection.close()
  }
}
