import type { Redis } from 'ioredis'
import { isClaim } from '../../src/redis/claims.js'

/** The keys of all sessions that have not ended. In the place of a session can be a claim. */
export async function liveSessions(redis: Redis): Promise<string[]> {
  const keys = (await redis.keys('google-auth:*:session:*')).sort()
  const values = await Promise.all(keys.map((key) => redis.getBuffer(key)))
  return keys.filter((_, at) => values[at] && values[at].length > 0 && !isClaim(values[at]))
}
