import { NOW, script } from './script.js'

/**
 * Lua: the milliseconds until all revocations of an account are over, 0 when they are; false when none is remembered. The key
 * is a sorted set: the name of each revocation, with the end of its call by the clock of Redis.
 */
export const REVOKING = `
local function revoking(key, now)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]
  return last and math.max(0, last - now) or false
end
`

/** KEYS holders, revoking; ARGV owner, a random name. The version is the time with that name. Answers as `REVOKING_MS`. */
export const HOLD = script(`${NOW}${REVOKING}
redis.call('HSET', KEYS[1], ARGV[1], now .. ':' .. ARGV[2])
return revoking(KEYS[2], now)
`)

/** KEYS holders. Answers the time of Redis, then owner and version in turn. */
export const HOLDERS = script(`${NOW}
local listed = redis.call('HGETALL', KEYS[1])
table.insert(listed, 1, now)
return listed
`)

/** KEYS holders; ARGV owner, version. Removes the owner unless it has another version since. */
export const LET_GO = script(`
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
`)

/** KEYS revoking; ARGV name, how long its call lasts at most, how long it is remembered after that, in ms. */
export const BEGIN_REVOKING = script(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ARGV[2] + ARGV[3]))
return 1
`)

/** KEYS revoking; ARGV name. */
export const END_REVOKING = script(`return redis.call('ZADD', KEYS[1], 'XX', 0, ARGV[1])`)

/** KEYS revoking. Answers the milliseconds, or nil. */
export const REVOKING_MS = script(`${NOW}${REVOKING}
return revoking(KEYS[1], now)
`)

/** KEYS endings; ARGV the grant, life in ms. */
export const ADD_ENDING = script(`${NOW}
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

/** KEYS note; ARGV the sealed token, life in ms. */
export const SET_NOTE = script(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)

/** KEYS endings; ARGV least age in ms, life of a note in ms, most. Removes entries whose note has ended. */
export const UNFINISHED = script(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1], 'LIMIT', 0, ARGV[3])
`)
