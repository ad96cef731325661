import type { Claims } from '../claims/claims.js'
import type { RedisClient } from './commands.js'
import type { RedisKeys } from './keys.js'
import { within } from './time-limit.js'

/** Claims in Redis, shared by all processes; each method is one command. A claim without an outcome is an empty value. */
export function redisClaims(redis: RedisClient, keys: RedisKeys): Claims {
  return {
    async claim(name, ttlMs) {
      return (await within(redis.set(keys.claim(name), '', 'PX', Math.ceil(ttlMs), 'NX'))) === 'OK'
    },
    async settle(name, outcome, ttlMs) {
      await within(redis.set(keys.claim(name), outcome, 'PX', Math.ceil(ttlMs)))
    },
    async outcome(name) {
      const value = await within(redis.getBuffer(keys.claim(name)))
      return value?.length === 0 ? 'open' : value
    }
  }
}
