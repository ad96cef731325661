import { NOW, script } from './script.js'

/** KEYS entry; ARGV the grant, its life in ms. The score is the end of the grant's entry. Removes those that have ended. */
export const ENTER_TOKEN = script(`${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)
