import type { Storage } from '../../src/core/storage/storage.js'
import { redisKeys } from '../../src/redis/keys.js'
import { redisStorage, type RedisStorageOptions } from '../../src/redis/storage.js'

export interface UserStoragesOptions extends Omit<RedisStorageOptions, 'client' | 'keys'> {
  clientId: string
}

/** The names of a client of these tests. */
export function clientNames(clientId: string): [string, string] {
  return ['https://issuer.example', clientId]
}

/** Storages in Redis of people who sign in: owner and account are one. */
export function userStorages({ clientId, ...options }: UserStoragesOptions): (userId: string) => Storage {
  const client = clientNames(clientId)
  const storageFor = redisStorage({ ...options, client, keys: redisKeys(client) })
  return (userId) => storageFor(userId, userId)
}
