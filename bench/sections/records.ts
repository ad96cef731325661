import { Redis } from 'ioredis'
import { Browser } from '../browser.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'

const DEFAULT_SCOPES = ['openid', 'email', 'profile']
const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
/** How the name of each kind of key can be told. */
const KINDS = [/:session:/, /:sign-ins$/, /:grant:/]

/** Bytes of Redis for a user who has signed in once. */
export async function countBytes(): Promise<void> {
  const provider = await startServer('provider.ts')
  const rows: string[][] = []
  for (const [name, scopes] of [
    ['default scopes', DEFAULT_SCOPES],
    ['and calendar.events', [...DEFAULT_SCOPES, CALENDAR]]
  ] as const) {
    const redis = await startRedis()
    const env = { REDIS_URL: redis, PROVIDER: provider.url, SCOPES: JSON.stringify(scopes) }
    const server = await startServer('servers/plugin.ts', env)
    await new Browser(server.url).visit('/login')
    const [session = 0, index = 0, credentials = 0] = await bytesOf(redis)
    rows.push([name, ...[session, index, credentials, session + index + credentials].map(String)])
  }
  printTable(['Redis bytes of a user', 'session', 'index', 'credentials', 'together'], rows)
  await stopAll()
}

/** By kind. Throws for a key of no kind. */
async function bytesOf(url: string): Promise<number[]> {
  const redis = new Redis(url)
  try {
    const bytes = KINDS.map(() => 0)
    for (const key of await redis.keys('*')) {
      const kind = KINDS.findIndex((pattern) => pattern.test(key))
      if (kind < 0) throw new Error(`${key} is a key of no kind that is known here.`)
      bytes[kind]! += Number(await redis.memory('USAGE', key, 'SAMPLES', 0))
    }
    return bytes
  } finally {
    redis.disconnect()
  }
}
