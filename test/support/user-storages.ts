import type { Storage } from '../../src/core/storage/storage.js'
import { redisKeys } from '../../src/redis/keys.js'
import { redisGrants } from '../../src/redis/grants.js'
import type { RedisStorageOptions } from '../../src/redis/storage.js'

export interface UserStoragesOptions extends Omit<RedisStorageOptions, 'client' | 'keys'> {
  clientId: string
}

/** Issuer and client id of a client in these tests. */
export function clientNames(clientId: string): [string, string] {
  return ['https://issuer.example', clientId]
}

/** Storages in Redis for users who sign in: owner and account are the same. */
export function userStorages({ clientId, ...options }: UserStoragesOptions): (userId: string) => Storage {
  const client = clientNames(clientId)
  const { storageFor } = redisGrants({ ...options, client, keys: redisKeys(client), isOwn: () => true })
  return (userId) => storageFor(userId, userId)
}
