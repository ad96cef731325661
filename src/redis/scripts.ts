import { createHash } from 'node:crypto'

/** Length of the random generation at the start of every stored record. The scripts compare it. */
export const GENERATION_LENGTH = 22
/** What the scripts answer for a record that is not a string. It is no generation, and never opens. */
export const WRONG_TYPE = '!'

/** A Lua script, and the hash that names it in Redis. All of its keys are in one slot of a Redis Cluster. */
export interface Script {
  text: string
  sha: string
}

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

// The start of the scripts for credentials: the record of KEYS[2], and the time of Redis in milliseconds.
const RECORD = `
local record = redis.pcall('GET', KEYS[2])
if type(record) == 'table' then record = '${WRONG_TYPE}' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * KEYS lease, record; ARGV lease id ('' to read only), its life in ms.
 * Answers { 1 if this id has the lease, the record or nil, the time of Redis }. It can be sent twice with the same id.
 */
export const ACQUIRE = script(`${RECORD}
local acquired = 0
if ARGV[1] ~= '' and
  (redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[1]) == ARGV[1]) then
  acquired = 1
end
return {acquired, record, now}
`)

/**
 * KEYS lease, record; ARGV lease id ('' for a write without a lease), the generation that a write under a lease expects
 * ('' for no record), the last moment for the write by the clock of Redis, the value ('' deletes), its life in ms, 1 if
 * replicas must confirm. Answers { 1 } when written, else { 0, the record or nil }.
 *
 * The lease of this id is released in both cases. A write without a lease marks the lease of any other caller, so that its
 * result is not stored, even where the record looks unchanged (none before, none now). A value that is stored already is
 * written again: the client sends a command twice after a lost connection. If replicas must confirm, a deletion is written
 * even where there is no record: WAIT counts the writes of its own connection only.
 */
export const WRITE = script(`${RECORD}
local id, expected, not_after, value, life = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local lease = redis.call('GET', KEYS[1])
local generation = record and string.sub(record, 1, ${GENERATION_LENGTH}) or ''
local free = id == ''
if not free and lease and string.sub(lease, 1, #id) == id then redis.call('DEL', KEYS[1]) end
local again = value ~= '' and generation == string.sub(value, 1, ${GENERATION_LENGTH})
local allowed = now <= not_after and (free or (lease == id and generation == expected))
if not (allowed or again) then return {0, record} end
if free and lease then redis.pcall('APPEND', KEYS[1], '!') end
if value ~= '' then
  redis.call('SET', KEYS[2], value, 'PX', life)
else
  if not record and ARGV[6] == '1' then redis.call('SET', KEYS[2], '', 'PX', life) end
  redis.call('DEL', KEYS[2])
end
return {1}
`)

/** KEYS lease; ARGV lease id. Releases the lease if this id has it. */
export const RELEASE = script(`
local lease = redis.call('GET', KEYS[1])
if lease and string.sub(lease, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

/** KEYS session; ARGV its record, its life in ms. Answers 0 for a destroyed session (an empty value), and writes nothing. */
export const SET_SESSION = script(`
if redis.call('GET', KEYS[1]) == '' then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
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
 * longer the index lives than its last sign-in. Answers the sessions of the sign-ins that were dropped as too many.
 */
export const ADD_SIGN_IN = script(`
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
local many = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[4])
local dropped = {}
if many > 0 then
  dropped = redis.call('ZRANGE', KEYS[1], 0, many - 1)
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, many - 1)
  for at, id in ipairs(dropped) do
    local session = redis.call('HGET', KEYS[2], id)
    if session then
      dropped[at] = session
      redis.call('HDEL', KEYS[2], id)
    end
  end
end
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] then redis.call('PEXPIREAT', KEYS[1], math.ceil(last[2] + ARGV[5])) end
return dropped
`)

/** KEYS index, moved; ARGV sign-in id, its new session. Answers its old session, or nil for a sign-in that has ended. */
export const MOVE_SIGN_IN = script(`
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return nil end
local before = redis.call('HGET', KEYS[2], ARGV[1]) or ARGV[1]
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], math.max(1, redis.call('PTTL', KEYS[1])))
return before
`)

/** KEYS index, moved; ARGV sign-in id. Removes it, and answers its session, or nil when it was removed before. */
export const REMOVE_SIGN_IN = script(`
local session = redis.call('HGET', KEYS[2], ARGV[1]) or ARGV[1]
redis.call('HDEL', KEYS[2], ARGV[1])
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return nil end
return session
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
