import type { FastifyBaseLogger } from 'fastify'
import { memoryClaims } from '../claims/memory.js'
import type { Claims } from '../claims/claims.js'
import type { Sealer } from '../core/lib/sealing.js'
import { withoutIdTokens } from '../core/storage/decorators.js'
import { memoryStorage } from '../core/storage/memory.js'
import type { StorageFor } from '../core/storage/storage.js'
import { redisClaims } from '../redis/claims.js'
import { connectRedis } from '../redis/connection.js'
import { redisKeys } from '../redis/keys.js'
import { redisSessions } from '../redis/sessions.js'
import { redisStorage } from '../redis/storage.js'
import { memorySessions } from '../sessions/memory.js'
import type { SessionStore } from '../sessions/sessions.js'
import type { BackgroundTasks } from './background-tasks.js'
import type { Settings } from './options/options.js'

/** The stores of an app. `close` closes the connections that the plugin opened. */
export interface Stores {
  storageFor: StorageFor
  sessions: SessionStore
  claims: Claims
  close: () => Promise<void>
}

export interface StoresParts {
  settings: Settings
  /** The sealer for credentials. */
  sealer: Sealer
  background: BackgroundTasks
  log: FastifyBaseLogger
}

/** The stores that the options ask for. Throws a `StorageError` when Redis cannot be reached. */
export async function openStores(parts: StoresParts): Promise<Stores> {
  const stores = await open(parts)
  return { ...stores, storageFor: (owner, account) => withoutIdTokens(stores.storageFor(owner, account)) }
}

async function open({ settings, sealer, background, log }: StoresParts): Promise<Stores> {
  const { redis: given, storage } = settings.given
  if (given === undefined) {
    if (storage === undefined) {
      log.warn(
        'fastify-google-auth keeps sessions and credentials in memory. They end with this process, and other processes do not see them. Set the option redis in production.'
      )
    }
    return {
      storageFor: storage ?? memoryStorage(),
      sessions: memorySessions(),
      claims: memoryClaims(),
      close: async () => {}
    }
  }
  const { redisReplicas: minReplicas, clientNames: client } = settings
  const connection = connectRedis(given, minReplicas)
  try {
    await connection.reached()
  } catch (error) {
    await connection.close()
    throw error
  }
  const { redis, writer } = connection
  const keys = redisKeys(client)
  const inBackground = (work: Promise<void>): void => background.run(work)
  return {
    storageFor: storage ?? redisStorage({ redis, writer, sealer, client, keys, minReplicas, background: inBackground }),
    sessions: redisSessions({ redis, keys }),
    claims: redisClaims(redis, keys),
    close: () => connection.close()
  }
}
