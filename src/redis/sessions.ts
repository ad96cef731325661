import {
  FORBIDDEN_MS,
  INDEX_SLACK_MS,
  type IndexedSignIn,
  MAX_SIGN_INS_PER_USER,
  type SessionStore,
  type SessionStoreOptions,
  type SignInIndex,
  TOMBSTONE_MS
} from '../sessions/sessions.js'
import { isClaim, redisClaims } from './claims.js'
import { type RedisClient, runScript } from './commands.js'
import { NO_CACHE, type RecordCache } from './reads/cache.js'
import type { RedisKeys } from './keys.js'
import { createReader, type Reader } from './reads/reader.js'
import {
  ADD_SIGN_IN,
  DESTROY_SESSION,
  LIST_SIGN_INS,
  MOVE_SIGN_IN,
  REMOVE_SIGN_IN,
  REPLACE_SESSION,
  SET_SESSION
} from './scripts/sessions.js'
import type { Script } from './scripts/script.js'
import { within } from './time-limit.js'

export interface RedisSessionsOptions extends SessionStoreOptions {
  redis: RedisClient
  /** Default: one that reads by `redis`. */
  read?: Reader
  /** Keeps what was read. Default: none. */
  cache?: RecordCache | undefined
  keys: RedisKeys
}

/** Sessions in Redis. Reading one is one GET. A destroyed session leaves an empty value, its tombstone. */
export function redisSessions(options: RedisSessionsOptions): SessionStore {
  const { redis, keys, cache = NO_CACHE, tombstoneMs = TOMBSTONE_MS } = options
  const { read = createReader(redis) } = options
  const end = async (id: string, lifeWhereMissingMs: number): Promise<void> => {
    const key = keys.session(id)
    await within(runScript(redis, DESTROY_SESSION, [key], [tombstoneMs, lifeWhereMissingMs]))
    cache.drop(key)
  }
  const write = async (lua: Script, id: string, records: Buffer[], ttlMs: number): Promise<void> => {
    const key = keys.session(id)
    await within(runScript(redis, lua, [key], [...records, Math.max(1, Math.ceil(ttlMs))]))
    cache.drop(key)
  }
  const forbid = (id: string): Promise<void> => end(id, Math.min(tombstoneMs, FORBIDDEN_MS))
  return {
    get(id, open) {
      const key = keys.session(id)
      return cache.get(key, async () => {
        const record = await read(key)
        return record === null || record.length === 0 || isClaim(record) ? null : open(record)
      })
    },
    set: (id, record, ttlMs) => write(SET_SESSION, id, [record], ttlMs),
    replace: (id, before, record, ttlMs) => write(REPLACE_SESSION, id, [before, record], ttlMs),
    destroy: (id) => end(id, 0),
    forbid,
    claims: redisClaims(redis, keys.session),
    signIns: redisIndex(options)
  }
}

function redisIndex({
  redis,
  keys,
  maxPerUser = MAX_SIGN_INS_PER_USER,
  now = Date.now
}: RedisSessionsOptions): SignInIndex {
  const keysOf = (userId: string): string[] => {
    const { index, moved } = keys.signIns(userId)
    return [index, moved]
  }
  return {
    async add(userId, id, endsAt) {
      const args = [id, endsAt, now() - INDEX_SLACK_MS, maxPerUser, INDEX_SLACK_MS]
      return pairsIn(await within(runScript(redis, ADD_SIGN_IN, keysOf(userId), args)))
    },
    async move(userId, id, from, to) {
      return textOf(await within(runScript(redis, MOVE_SIGN_IN, keysOf(userId), [id, from, to])))
    },
    async remove(userId, id, sessionId) {
      return textOf(await within(runScript(redis, REMOVE_SIGN_IN, keysOf(userId), [id, sessionId])))
    },
    async list(userId) {
      const args = [now() - INDEX_SLACK_MS]
      return pairsIn(await within(runScript(redis, LIST_SIGN_INS, keysOf(userId), args)))
    }
  }
}

/** Sign-in and session in turn. */
function pairsIn(answer: unknown): IndexedSignIn[] {
  const listed = (answer as Buffer[]).map(String)
  return Array.from({ length: listed.length / 2 }, (_, at) => ({
    id: listed[2 * at] ?? '',
    sessionId: listed[2 * at + 1] ?? ''
  }))
}

function textOf(answer: unknown): string | null {
  return answer === null ? null : (answer as Buffer).toString()
}
