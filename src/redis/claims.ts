import { randomBytes } from '../core/lib/random.js'
import type { Claims } from '../claims/claims.js'
import type { RedisClient } from './commands.js'
import { within } from './time-limit.js'

/** The first byte of an open claim, and of an outcome. Nothing else that is stored under the name of a claim begins so. */
const OPEN = '?'
const OUTCOME = '!'
const isOpenClaim = (value: Buffer): boolean => value[0] === OPEN.charCodeAt(0)
const isOutcome = (value: Buffer): boolean => value[0] === OUTCOME.charCodeAt(0)

/** Whether `value` is that of a claim, and not what was stored in its place. */
export function isClaim(value: Buffer): boolean {
  return isOpenClaim(value) || isOutcome(value)
}

/** Lua: whether the value `held` is an outcome. */
export const IS_OUTCOME = `string.sub(held, 1, 1) == '${OUTCOME}'`

/** 96 bits, 16 characters. */
const RANDOM_BYTES = 12

/**
 * Claims in Redis, shared by all processes; each method is one command. An open claim holds a random name. If the client
 * sends it twice after a lost connection, it finds its own name. `keyOf`: the key of a claim.
 */
export function redisClaims(redis: RedisClient, keyOf: (name: string) => string): Claims {
  return {
    async claim(name, ttlMs) {
      const claimant = OPEN + randomBytes(RANDOM_BYTES).toString('base64url')
      const before = await within(redis.set(keyOf(name), claimant, 'PX', Math.ceil(ttlMs), 'NX', 'GET'))
      return before === null || before === claimant
    },
    async release(name) {
      await within(redis.del(keyOf(name)))
    },
    async settle(name, outcome, ttlMs) {
      const value = Buffer.concat([Buffer.from(OUTCOME), outcome])
      await within(redis.set(keyOf(name), value, 'PX', Math.ceil(ttlMs)))
    },
    async outcome(name) {
      const value = await within(redis.getBuffer(keyOf(name)))
      if (value === null || value.length === 0) return null
      if (isOpenClaim(value)) return 'open'
      return isOutcome(value) ? value.subarray(1) : 'stored'
    }
  }
}
