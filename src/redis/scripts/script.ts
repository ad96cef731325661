import { createHash } from 'node:crypto'

/** A Lua script, and the hash that names it in Redis. All of its keys are in one slot of a Redis Cluster. */
export interface Script {
  text: string
  sha: string
}

export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Lua: `now` is the time of Redis in milliseconds. */
export const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`
