import { Browser } from '../browser.js'
import { asking, cellsOf, compare, type Contender } from '../compare.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { commandsOf } from '../redis.js'
import { printTable } from '../table.js'

/** Requests one after the other, for the commands that each sends. */
const ALONE = 20

type Env = Record<string, string>

/** Time on a CPU per request of the plugin and of what it could be compared with, as ratios to the floor. */
export async function compareRequests(effort: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const redis = await startRedis()
  const env = { REDIS_URL: redis, PROVIDER: provider.url }
  const withCache = { ...env, CACHE: 'true' }
  await table('/me', redis, effort, async () => [
    ...(await app('servers/floor.ts', env, { '/me': 'floor: by hand, one GET' })),
    ...(await app('servers/session.ts', env, { '/me': '@fastify/session alone' })),
    ...(await app('servers/plugin.ts', env, { '/me': 'plugin, behind the guard' })),
    ...(await app('servers/plugin.ts', withCache, { '/me': 'plugin with the cache' }))
  ])
  await table('/calendar', redis, effort, async () => [
    ...(await app('servers/floor.ts', env, { '/calendar': 'floor: by hand, undici pool' })),
    ...(await app('servers/plugin.ts', env, {
      '/calendar': 'plugin, googleClient.request()',
      '/calendar-fetch': 'plugin, googleClient.fetch()'
    })),
    ...(await app('servers/plugin.ts', withCache, {
      '/calendar': 'plugin with the cache, request()',
      '/calendar-fetch': 'plugin with the cache, fetch()'
    }))
  ])
  await stopAll()
}

/** A user signed in at an app, and a contender for each path. */
async function app(file: string, env: Env, names: Record<string, string>): Promise<Contender[]> {
  const server = await startServer(file, env)
  const browser = new Browser(server.url)
  await browser.visit('/login')
  return Object.entries(names).map(([path, name]) => asking(name, server, [browser], path))
}

async function table(title: string, redis: string, effort: Effort, launch: () => Promise<Contender[]>): Promise<void> {
  const { ratios, contenders } = await compare(launch, effort)
  const commands: [number, number][] = []
  for (const { slice } of contenders) {
    await slice(1) // the cache knows it
    const alone = await commandsOf(redis, async () => {
      for (let i = 0; i < ALONE; i++) await slice(1)
    })
    const atOnce = await commandsOf(redis, () => slice(effort.slice))
    commands.push([alone / ALONE, atOnce / effort.slice])
  }
  printTable(
    [title, 'CPU x floor', 'middle half of the rounds', 'Redis commands, alone', '20 at once'],
    ratios.map((ratio, index) => [...cellsOf(ratio), ...commands[index]!])
  )
}
