import { NOW, script } from './script.js'

/** What stands for a record that is not a string. It is not a generation, and it never opens. */
export const WRONG_TYPE = '!'

/**
 * Lua: puts an account into the index of its owner. An owner with accounts always has a default one, so that each change of the
 * default is a write of its key, and Redis tells the cache. The score is the time of its first store, and one more than the last
 * score at least, so that the order of connecting is kept within a millisecond and when the clock is set back. `life` '0': no end.
 */
export const ENTER = `
local function enter(index, default, account, now, life)
  if not redis.call('ZSCORE', index, account) then
    local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')[2]
    redis.call('ZADD', index, math.max(now, (last or 0) + 1), account)
  end
  redis.call('SET', default, redis.call('ZRANGE', index, 0, 0)[1], 'NX')
  if life == '0' then return end
  redis.call('PEXPIRE', index, life)
  redis.call('PEXPIRE', default, life)
end
`

/** Lua: removes an account from the index of its owner. After the default one, the account connected first is the default. */
export const LEAVE = `
local function leave(index, default, account)
  redis.call('ZREM', index, account)
  if redis.call('GET', default) ~= account then return end
  local first = redis.call('ZRANGE', index, 0, 0)[1]
  if first then redis.call('SET', default, first, 'KEEPTTL') else redis.call('DEL', default) end
end
`

/** KEYS index, default; ARGV account. For records that are not in this Redis, so without an end. */
export const ENTER_ACCOUNT = script(`${NOW}${ENTER}
enter(KEYS[1], KEYS[2], ARGV[1], now, '0')
return 1
`)

/** KEYS index, default; ARGV account. */
export const LEAVE_ACCOUNT = script(`${LEAVE}
leave(KEYS[1], KEYS[2], ARGV[1])
return 1
`)

/** KEYS index, default. Answers the default or '', then account and score in turn, whether they have a record or not. */
export const INDEX = script(`
local listed = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
table.insert(listed, 1, redis.call('GET', KEYS[2]) or '')
return listed
`)

/**
 * KEYS index, default, start of the names of the records; ARGV the own account, which is in no index, or ''. Answers the
 * default or '', then account, score and record in turn, the own account first. Removes accounts without a record.
 */
export const LIST_GRANTS = script(`${LEAVE}
local listed = {''}
local function add(account, at)
  local record = redis.pcall('GET', KEYS[3] .. account)
  if type(record) == 'table' then record = '${WRONG_TYPE}' end
  if not record then return false end
  listed[#listed + 1] = account
  listed[#listed + 1] = at
  listed[#listed + 1] = record
  return true
end
if ARGV[1] ~= '' then add(ARGV[1], '0') end
local entries = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #entries, 2 do
  if entries[i] ~= ARGV[1] and not add(entries[i], entries[i + 1]) then leave(KEYS[1], KEYS[2], entries[i]) end
end
listed[1] = redis.call('GET', KEYS[2]) or ''
return listed
`)

/** KEYS default, index, start of the names of the records. Answers the default account, else the first one; nil for none. */
export const DEFAULT_ACCOUNT = script(`
local default = redis.call('GET', KEYS[1])
if default and redis.call('EXISTS', KEYS[3] .. default) == 1 then return default end
for _, account in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('EXISTS', KEYS[3] .. account) == 1 then return account end
end
return nil
`)

/** KEYS default, record; ARGV account, life in ms. Answers 0 where there is no record, and writes nothing. */
export const MAKE_DEFAULT = script(`
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`)
