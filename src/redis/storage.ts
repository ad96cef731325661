import type { StorageFor } from '../core/storage/storage.js'
import { Token, type TokenRecord } from '../core/token/token.js'
import { RedisSlot } from './slot.js'
import { Commons, LeasedStorage, type TokenSeal } from './leased-storage.js'
import { KEY_PREFIX, userKeys } from './keys.js'
import type { RedisClient } from './commands.js'
import type { Sealer } from '../core/lib/sealing.js'

export interface RedisStorageOptions {
  redis: RedisClient
  /** Seals for the purpose `credentials`. */
  sealer: Sealer
  /** Of the OAuth client: credentials do not open for another one. */
  clientId: string
  /** What all keys begin with. Default: `google-auth`. */
  prefix?: string
  /** How many replicas must confirm a write before it counts. Default: 0. */
  minReplicas?: number
  /** The client that writes where replicas must confirm, as nobody else's commands should wait for that. Default: `redis`. */
  writer?: RedisClient
  /** Life of a lease, and how long one waits for it. Only for tests; see `LEASE_MS` and `WAIT_MS`. */
  leaseMs?: number
  waitMs?: number
}

/**
 * Sealed credentials in Redis, one slot for every user, shared by any number of processes. Throws a `TypeError` for a
 * user id that is empty, longer than 255 characters or not well-formed.
 */
export function redisStorage(options: RedisStorageOptions): StorageFor {
  const { redis, sealer, clientId, prefix = KEY_PREFIX, minReplicas = 0, writer = redis } = options
  const commons = new Commons(options.leaseMs, options.waitMs)
  return (userId) => {
    const keys = userKeys(prefix, userId)
    const slot = new RedisSlot(redis, keys, writer, minReplicas)
    return new LeasedStorage(slot, userId, tokenSeal(sealer, clientId, userId), commons)
  }
}

/** Seals tokens for one user of one OAuth client: a record that was moved to another user does not open there. */
function tokenSeal(sealer: Sealer, clientId: string, userId: string): TokenSeal {
  return {
    seal: (token) => sealer.sealBytes(JSON.stringify(token.toRecord()), clientId, userId),
    open(sealed) {
      const opened = sealer.openBytes(sealed, clientId, userId)
      if (opened === null) return null
      try {
        return Token.from(JSON.parse(opened.text) as TokenRecord)
      } catch {
        return null
      }
    }
  }
}
