import { ENTER, LEAVE, WRONG_TYPE } from './accounts.js'
import { REVOKING } from './ends.js'
import { NOW, script } from './script.js'

/** Length of the random generation at the start of every stored record. The scripts compare it. */
export const GENERATION_LENGTH = 16

// The start of the scripts for credentials: the record of KEYS[2], and the time of Redis in milliseconds.
const RECORD = `
local record = redis.pcall('GET', KEYS[2])
if type(record) == 'table' then record = '${WRONG_TYPE}' end
${NOW}`

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
 * KEYS lease, record; for an account in an index also index, default; else revoking, where the answer is to have it. ARGV
 * lease id ('' for a write without a lease), the generation that a write under a lease expects ('' for no record), the last
 * moment for the write by the clock of Redis, the value ('' deletes), its life in ms, 1 if replicas must confirm, the account
 * in the index ('' for none). Answers { 1, as REVOKING_MS or nil } when written, else { 0, the record or nil }.
 *
 * The lease of this id is released in both cases. A write without a lease marks the lease of any other caller, so that its
 * result is not stored, even where the record looks unchanged (none before, none now). A value that is stored already is
 * written again: the client sends a command twice after a lost connection. If replicas must confirm, a deletion is written
 * even where there is no record: WAIT counts the writes of its own connection only.
 */
export const WRITE = script(`${RECORD}${ENTER}${LEAVE}${REVOKING}
local id, expected, not_after, value, life = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local indexed = ARGV[7] ~= ''
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
  if indexed then enter(KEYS[3], KEYS[4], ARGV[7], now, life) end
else
  if not record and ARGV[6] == '1' then redis.call('SET', KEYS[2], '', 'PX', life) end
  redis.call('DEL', KEYS[2])
  if indexed then leave(KEYS[3], KEYS[4], ARGV[7]) end
end
if KEYS[3] and not indexed then return {1, revoking(KEYS[3], now)} end
return {1}
`)

/** KEYS lease; ARGV lease id. Releases the lease if this id has it. */
export const RELEASE = script(`
local lease = redis.call('GET', KEYS[1])
if lease and string.sub(lease, 1, #ARGV[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)
