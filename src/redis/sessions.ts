import { type RedisClient, runScript } from './commands.js'
import { KEY_PREFIX, userKeys } from './keys.js'
import { DESTROY_SESSION, INDEX_SESSION, SET_SESSION } from './scripts.js'
import {
  INDEX_SLACK_MS,
  MAX_SESSIONS_PER_USER,
  type SessionData,
  type Sessions,
  type SessionsOptions,
  TOMBSTONE_MS,
  UNSAVED_TOMBSTONE_MS
} from '../sessions/sessions.js'
import { within } from './time-limit.js'

export interface RedisSessionsOptions extends SessionsOptions {
  redis: RedisClient
  /** What all keys begin with. Default: `google-auth`. */
  prefix?: string
}

/** Sessions in Redis: reading one is one GET. A session that was destroyed leaves an empty value, its tombstone. */
export function redisSessions(options: RedisSessionsOptions): Sessions {
  const { redis, prefix = KEY_PREFIX, now = Date.now } = options
  const { tombstoneMs = TOMBSTONE_MS, maxPerUser = MAX_SESSIONS_PER_USER } = options
  const unsavedTombstoneMs = Math.min(tombstoneMs, UNSAVED_TOMBSTONE_MS)
  const sessionKey = (id: string): string => `${prefix}:session:${id}`
  const indexKey = (userId: string): string => userKeys(prefix, userId).sessions

  const destroy = async (id: string): Promise<void> => {
    await within(runScript(redis, DESTROY_SESSION, [sessionKey(id)], [tombstoneMs, unsavedTombstoneMs]))
  }

  return {
    async get(id) {
      return parsed(await within(redis.get(sessionKey(id))))
    },

    async set(id, session, ttlMs) {
      const life = Math.max(1, Math.ceil(ttlMs))
      await within(runScript(redis, SET_SESSION, [sessionKey(id)], [JSON.stringify(session), life]))
    },

    destroy,

    index: {
      async add(userId, id, expiresAt) {
        const args = [id, expiresAt, now() - INDEX_SLACK_MS, maxPerUser, INDEX_SLACK_MS]
        const dropped = (await within(runScript(redis, INDEX_SESSION, [indexKey(userId)], args))) as Buffer[]
        await Promise.all(dropped.map((tooMany) => destroy(tooMany.toString())))
      },
      async remove(userId, ...ids) {
        if (ids.length > 0) await within(redis.zrem(indexKey(userId), ...ids))
      },
      async list(userId) {
        return await within(redis.zrangebyscore(indexKey(userId), `(${now() - INDEX_SLACK_MS}`, '+inf'))
      }
    }
  }
}

/** What cannot be read is no session: nobody could ever sign in again over a record that fails for ever. */
function parsed(text: string | null): SessionData | null {
  if (!text) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? (value as SessionData | null) : null
  } catch {
    return null
  }
}
