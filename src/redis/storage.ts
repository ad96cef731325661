import type { GrantRef, StorageFor } from '../core/storage/storage.js'
import { Token, type TokenRecord } from '../core/token/token.js'
import { RedisSlot } from './slot.js'
import { LeasedStorage, SharedState, type TokenSeal } from './leased-storage.js'
import type { RedisKeys } from './keys.js'
import type { RedisClient } from './commands.js'
import type { Sealer } from '../core/lib/sealing.js'

export interface RedisStorageOptions {
  redis: RedisClient
  /** Seals for the purpose `credentials`. */
  sealer: Sealer
  /** Names the OAuth client (issuer and client id): credentials do not open for another one. */
  client: readonly string[]
  keys: RedisKeys
  /** How many replicas must confirm a write before it counts. Default: 0. */
  minReplicas?: number
  /** The client that writes where replicas must confirm, as nobody else's commands should wait for that. Default: `redis`. */
  writer?: RedisClient
  /** Life of a lease, and how long one waits for it. Only for tests; see `LEASE_MS` and `WAIT_MS`. */
  leaseMs?: number
  waitMs?: number
  /** Gets the work that goes on behind a caller, so that the end of the app can wait for it. */
  background?: (work: Promise<void>) => void
}

/**
 * Sealed credentials in Redis, one slot for each grant, shared by any number of processes. Throws a `TypeError` for an
 * owner or account that is empty, longer than 255 characters or not well-formed.
 */
export function redisStorage(options: RedisStorageOptions): StorageFor {
  const { redis, sealer, client, keys, minReplicas = 0, writer = redis } = options
  const shared = new SharedState(options)
  return (owner, account) => {
    const { lease, record } = keys.grant({ owner, account })
    const slot = new RedisSlot(redis, { lease, record }, writer, minReplicas)
    return new LeasedStorage(slot, record, tokenSeal(sealer, client, { owner, account }), shared)
  }
}

/** Seals tokens for one grant of one OAuth client: a record that was moved to another place does not open there. */
function tokenSeal(sealer: Sealer, client: readonly string[], { owner, account }: GrantRef): TokenSeal {
  const context = [...client, owner, account]
  return {
    seal: (token) => sealer.sealBytes(JSON.stringify(token.toRecord()), ...context),
    open(sealed) {
      const opened = sealer.openBytes(sealed, ...context)
      if (opened === null) return null
      try {
        return Token.from(JSON.parse(opened.plain.toString()) as TokenRecord)
      } catch {
        return null
      }
    }
  }
}
