import type { FastifyBaseLogger } from 'fastify'
import { memoryClaims } from '../claims/memory.js'
import type { Claims } from '../claims/claims.js'
import type { Sealer } from '../core/lib/sealing.js'
import { tokenNames } from '../core/risc/token-names.js'
import type { GrantRef } from '../core/storage/storage.js'
import type { Grants } from '../grants/grants.js'
import { memoryGrants } from '../grants/memory.js'
import { memoryTokenIndex, type TokenIndex } from '../grants/token-index.js'
import { grantsWithTokenIndex } from '../grants/with-token-index.js'
import { grantsWithoutIdTokens } from '../grants/without-id-tokens.js'
import { redisClaims } from '../redis/claims.js'
import { connectRedis } from '../redis/connection.js'
import { redisGrants } from '../redis/grants.js'
import { redisKeys } from '../redis/keys.js'
import { openReads, type Reads } from '../redis/reads/reads.js'
import { redisSessions } from '../redis/sessions.js'
import { redisTokenIndex } from '../redis/token-index.js'
import { tracedSessions } from '../redis/traced.js'
import { memorySessions } from '../sessions/memory.js'
import type { SessionStore } from '../sessions/sessions.js'
import type { BackgroundTasks } from './background-tasks.js'
import { EVENT } from './log-events.js'
import type { Settings } from './options/options.js'
import { warnOfEviction } from './warnings/at-start.js'
import type { Warnings } from './warnings/warnings.js'

/** The stores of an app. `close` closes the connections that the plugin opened. */
export interface Stores {
  grants: Grants
  sessions: SessionStore
  claims: Claims
  /** Empty, unless the option `risc` is on. */
  tokens: TokenIndex
  close: () => Promise<void>
}

export interface StoresParts {
  settings: Settings
  /** The sealer for credentials. */
  sealer: Sealer
  background: BackgroundTasks
  log: FastifyBaseLogger
  warnings: Warnings
}

/** The stores that the options ask for. Throws a `StorageError` when Redis cannot be reached. */
export async function openStores(parts: StoresParts): Promise<Stores> {
  const stores = await open(parts)
  const { settings, log } = parts
  const grants = grantsWithoutIdTokens(stores.grants)
  if (settings.risc === null) return { ...stores, grants }
  const failed = (err: Error, grant: GrantRef): void =>
    log.warn(
      { err, ...grant },
      'A refresh token is in no index, so an event cannot name it. The next refresh enters it.'
    )
  return { ...stores, grants: grantsWithTokenIndex(grants, stores.tokens, tokenNames(settings.secrets), failed) }
}

async function open({ settings, sealer, background, log, warnings }: StoresParts): Promise<Stores> {
  const { redis: given, storage } = settings.given
  const records = storage === undefined ? {} : { storageFor: storage }
  if (given === undefined) {
    return {
      grants: memoryGrants({ ...records, isOwn: settings.isOwn }),
      sessions: memorySessions(),
      claims: memoryClaims(),
      tokens: memoryTokenIndex(),
      close: async () => {}
    }
  }
  const { redisReplicas: minReplicas, clientNames: client } = settings
  const connection = connectRedis(given, minReplicas)
  let reads: Reads
  try {
    await connection.reached()
    reads = await openReads(connection.redis, settings.cache, tellOfCache(log))
  } catch (error) {
    await connection.close()
    throw error
  }
  connection.watch(
    (what) => log.warn({ event: EVENT.redisLost }, `${what} Requests that need it are answered with 503.`),
    () => log.info({ event: EVENT.redisBack }, 'Redis answers again.')
  )
  const { redis, writer } = connection
  background.run(warnOfEviction(redis, warnings))
  const keys = redisKeys(client)
  const inBackground = (work: Promise<void>): void => background.run(work)
  const shared = {
    redis,
    writer,
    read: reads.read,
    readByScript: reads.readByScript,
    cache: reads.cache,
    sealer,
    client,
    keys,
    minReplicas,
    background: inBackground
  }
  return {
    grants: redisGrants({ ...shared, ...records, isOwn: settings.isOwn }),
    sessions: tracedSessions(redisSessions(shared)),
    claims: redisClaims(redis, keys.claim),
    tokens: redisTokenIndex(redis, keys),
    async close() {
      reads.close()
      await connection.close()
    }
  }
}

/** Logs that the cache went off, and that it is on again. */
function tellOfCache(log: FastifyBaseLogger): (on: boolean) => void {
  let wasOff = false
  return (on) => {
    if (!on) log.warn('The cache is off, because a connection to Redis was lost. Each request asks Redis meanwhile.')
    else if (wasOff) log.info('The cache is on again.')
    wasOff = !on
  }
}
