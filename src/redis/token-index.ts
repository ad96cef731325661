import { RECORD_LIFE_MS } from '../grants/grants.js'
import type { TokenIndex } from '../grants/token-index.js'
import { runScript, type RedisClient } from './commands.js'
import { grantName, grantNamed } from '../core/storage/grant-names.js'
import type { RedisKeys } from './keys.js'
import { ENTER_TOKEN } from './scripts/token-index.js'
import { within } from './time-limit.js'

/** An index in Redis, shared by all processes: one key for each name of a token, anywhere in a Cluster. */
export function redisTokenIndex(redis: RedisClient, keys: RedisKeys): TokenIndex {
  return {
    async enter(names, grant) {
      const args = [grantName(grant), RECORD_LIFE_MS]
      await within(Promise.all(names.map((name) => runScript(redis, ENTER_TOKEN, [keys.token(name)], args))))
    },
    async find(names) {
      const listed = await within(Promise.all(names.map((name) => redis.zrange(keys.token(name), '0', '-1'))))
      return listed.flat().map(grantNamed)
    }
  }
}
