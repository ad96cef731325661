import type { GrantRef, Storage } from '../core/storage/storage.js'
import { Token, type TokenRecord } from '../core/token/token.js'
import type { RecordCache } from './reads/cache.js'
import { dropsFromCache } from './reads/cached-storage.js'
import { RedisSlot, type SlotKeys } from './slot.js'
import { LeasedStorage, SharedState, type TokenSeal } from './leased-storage.js'
import type { RedisKeys } from './keys.js'
import type { RedisClient, RunScript } from './commands.js'
import { createReader, type Reader } from './reads/reader.js'
import { tracedSlot } from './traced.js'
import { packJson, unpackJson } from '../core/token/packed-json.js'
import type { Sealer } from '../core/lib/sealing.js'

export interface RedisStorageOptions {
  redis: RedisClient
  /** The sealer for the purpose `credentials`. */
  sealer: Sealer
  /** Issuer and client id: credentials of one OAuth client do not open for another. */
  client: readonly string[]
  keys: RedisKeys
  /** How many replicas must confirm a write before it counts. Default: 0. */
  minReplicas?: number
  /** The client for writes that replicas must confirm, so that no other command waits for them. Default: `redis`. */
  writer?: RedisClient
  /** What reads records. Default: one that reads by `redis`. */
  read?: Reader
  /** What reads by a script. Default: one that runs it by `redis`. */
  readByScript?: RunScript
  /** The cache that is told of writes. Default: none. */
  cache?: RecordCache | undefined
  /** How long a lease lasts, and how long a caller waits for it. Only for tests; see `LEASE_MS` and `WAIT_MS`. */
  leaseMs?: number
  waitMs?: number
  /** Gets work that goes on after the caller has its answer, so that the app can wait for it when it closes. */
  background?: (work: Promise<void>) => void
}

/** Sealed credentials in Redis: one slot for each grant, shared by any number of processes. */
export type RedisRecords = (grant: GrantRef, also?: SlotKeys['also']) => Storage

/**
 * The slots of grants. Each throws a `TypeError` for an owner or account that is empty, longer than 255 characters or not
 * well-formed.
 */
export function redisRecords(options: RedisStorageOptions): RedisRecords {
  const { redis, sealer, client, keys, minReplicas = 0, writer = redis, cache } = options
  const { read = createReader(redis) } = options
  const shared = new SharedState(options)
  return (grant, also) => {
    const names = keys.grant(grant)
    const slot = new RedisSlot({ redis, writer, read }, also === undefined ? names : { ...names, also }, minReplicas)
    const storage = new LeasedStorage(tracedSlot(slot), names.record, tokenSeal(sealer, client, grant), shared)
    return cache === undefined ? storage : dropsFromCache(storage, names.record, cache)
  }
}

/** Seals tokens for one grant of one OAuth client. A record does not open at the key of another grant. */
export function tokenSeal(sealer: Sealer, client: readonly string[], { owner, account }: GrantRef): TokenSeal {
  const context = [...client, owner, account]
  return {
    seal: (token) => sealer.sealBytes(packJson(token.toRecord()), ...context),
    open(sealed) {
      const opened = sealer.openBytes(sealed, ...context)
      if (opened === null) return null
      try {
        return Token.from(unpackJson(opened.plain.toString()) as TokenRecord)
      } catch {
        return null
      }
    }
  }
}
