import { randomBytes } from '../core/lib/random.js'
import type { Claims } from '../claims/claims.js'
import type { RedisClient } from './commands.js'
import type { RedisKeys } from './keys.js'
import { within } from './time-limit.js'

/** What an open claim begins with. An outcome never begins with it: a sealed one begins with its version. */
const OPEN = '?'
/** 96 bits, 16 characters. */
const RANDOM_BYTES = 12

/**
 * Claims in Redis, shared by all processes; each method is one command. An open claim holds a random name. If the client
 * sends it twice after a lost connection, it finds its own name.
 */
export function redisClaims(redis: RedisClient, keys: RedisKeys): Claims {
  return {
    async claim(name, ttlMs) {
      const claimant = OPEN + randomBytes(RANDOM_BYTES).toString('base64url')
      const before = await within(redis.set(keys.claim(name), claimant, 'PX', Math.ceil(ttlMs), 'NX', 'GET'))
      return before === null || before === claimant
    },
    async release(name) {
      await within(redis.del(keys.claim(name)))
    },
    async settle(name, outcome, ttlMs) {
      await within(redis.set(keys.claim(name), outcome, 'PX', Math.ceil(ttlMs)))
    },
    async outcome(name) {
      const value = await within(redis.getBuffer(keys.claim(name)))
      return value?.[0] === OPEN.charCodeAt(0) ? 'open' : value
    }
  }
}
