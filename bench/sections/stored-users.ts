import { Redis } from 'ioredis'
import { asking, cellsOf, compare, type Contender } from '../compare.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'
import { signInUsers } from '../users.js'

/** Users whose requests come. */
const HOT = 100
/** Users whose records go to Redis at once. */
const BATCH = 1_000

/** How time on a CPU grows with the number of users whose records stand in Redis, and what memory they take there. */
export async function compareStoredUsers({ stored, ...turns }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const redis = [await startRedis(), await startRedis()] as const
  let bytes: number | undefined
  const app = async (url: string, users: number): Promise<Contender> => {
    const server = await startServer('servers/plugin.ts', { REDIS_URL: url, PROVIDER: provider.url })
    const browsers = await signInUsers(server.url, HOT)
    if (users > 0) bytes ??= (await fill(url, users)) / users
    return asking(String(HOT + users), server, browsers, '/calendar')
  }
  const { ratios } = await compare(async () => [await app(redis[0], 0), await app(redis[1], stored)], turns)
  const perUser = ['', String(Math.round(bytes ?? 0))]
  printTable(
    ['/calendar, stored users', 'CPU x the first row', 'middle half of the rounds', 'Redis bytes for each'],
    ratios.map((ratio, index) => [...cellsOf(ratio), perUser[index]!])
  )
  await stopAll()
}

/** Stores the records of so many users, copied from one who is there. Gives the bytes that Redis took for them. */
async function fill(url: string, users: number): Promise<number> {
  const redis = new Redis(url)
  try {
    const [session = ''] = await redis.keys('*:session:*')
    const [grant = ''] = await redis.keys('*:grant:*')
    const [record, credentials] = [await redis.getBuffer(session), await redis.getBuffer(grant)]
    if (record === null || credentials === null) throw new Error('Nobody is there to copy.')
    const base = session.replace(/session:.*/, '')
    const [sessionMs, grantMs] = [await redis.pttl(session), await redis.pttl(grant)]
    const before = await usedBytes(redis)
    for (let first = 0; first < users; first += BATCH) {
      const pipeline = redis.pipeline()
      for (let user = first; user < Math.min(users, first + BATCH); user++) {
        const number = String(user).padStart(20, '0')
        // As long as the ids of sign-ins, and as the part of them in the name of a session.
        const place = number.slice(-19)
        pipeline.set(`${base}session:${place}`, record, 'PX', sessionMs)
        pipeline.zadd(`${base}{2${number}}:sign-ins`, Date.now() + sessionMs, `${place}~${number.slice(-12)}`)
        pipeline.pexpire(`${base}{2${number}}:sign-ins`, sessionMs)
        pipeline.set(`${base}{2${number}}:grant:2${number}`, credentials, 'PX', grantMs)
      }
      await pipeline.exec()
    }
    return (await usedBytes(redis)) - before
  } finally {
    redis.disconnect()
  }
}

async function usedBytes(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1])
}
