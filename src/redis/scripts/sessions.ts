import { IS_OUTCOME } from '../claims.js'
import { script } from './script.js'

/**
 * KEYS session; ARGV its record, its life in ms. Answers 0 for a destroyed session (an empty value) and for the outcome of a
 * claim, and writes nothing.
 */
export const SET_SESSION = script(`
local held = redis.call('GET', KEYS[1])
if held and (held == '' or ${IS_OUTCOME}) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)

/** KEYS session; ARGV the record that must be stored now, its new record, its life in ms. Answers 0 for another record. */
export const REPLACE_SESSION = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

/** KEYS session; ARGV life in ms of its tombstone when it is stored, and when it is not ('0': no tombstone). */
export const DESTROY_SESSION = script(`
local life = redis.call('EXISTS', KEYS[1]) == 1 and ARGV[1] or ARGV[2]
if life == '0' then return 0 end
local written = redis.pcall('SET', KEYS[1], '', 'PX', life)
if written.err then redis.call('DEL', KEYS[1]) end -- no memory for a tombstone
return 1
`)

/**
 * KEYS index, moved; ARGV sign-in id, its end, the latest end that is over by now, the largest number of sign-ins, how much
 * longer the index lives than its last sign-in. Answers the sign-ins that are too many, each with its session.
 */
export const ADD_SIGN_IN = script(`
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
local many = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])
local surplus = {}
if many > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, many - 1)) do
    surplus[#surplus + 1] = id
    surplus[#surplus + 1] = redis.call('HGET', KEYS[2], id) or id
  end
end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('PEXPIREAT', KEYS[1], math.ceil(last[2] + ARGV[5])) end
return surplus
`)

/** KEYS index, moved; ARGV sign-in id, a session. Lua: `holder` is the session that holds the sign-in; it returns nil for none. */
const HOLDER = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return nil end
local holder = redis.call('HGET', KEYS[2], ARGV[1]) or ARGV[1]
if holder ~= ARGV[2] then return holder end
`

/** KEYS index, moved; ARGV sign-in id, its session, its new session. Answers its session now, or nil for a sign-in that has ended. */
export const MOVE_SIGN_IN = script(`${HOLDER}
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], math.max(1, redis.call('PTTL', KEYS[1])))
return ARGV[3]
`)

/** KEYS index, moved; ARGV sign-in id, its session. Removes it, or answers the other session that holds it. */
export const REMOVE_SIGN_IN = script(`${HOLDER}
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
return nil
`)

/** KEYS index, moved; ARGV the latest end that is over by now. Answers sign-in and session in turn. */
export const LIST_SIGN_INS = script(`
local listed = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')) do
  listed[#listed + 1] = id
  listed[#listed + 1] = id
end
local moved = redis.call('HGETALL', KEYS[2])
local at = {}
for i = 1, #moved, 2 do at[moved[i]] = moved[i + 1] end
for i = 2, #listed, 2 do listed[i] = at[listed[i]] or listed[i] end
return listed
`)
