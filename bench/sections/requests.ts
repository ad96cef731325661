import { Browser } from '../browser.js'
import { asking, cellsOf, compare, type Contender } from '../compare.js'
import type { Effort } from '../effort.js'
import { type Server, startRedis, startServer, stopAll } from '../processes.js'
import { commandsOf } from '../redis.js'
import { printTable } from '../table.js'

/** Requests one after the other, for the commands that each sends. */
const ALONE = 20

interface App {
  server: Server
  browser: Browser
}

/** Time on a CPU per request of the plugin and of what it could be compared with, as ratios to the floor. */
export async function compareRequests(effort: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const redis = await startRedis()
  const env = { REDIS_URL: redis, PROVIDER: provider.url }
  const floor = await signedIn('servers/floor.ts', env)
  const session = await signedIn('servers/session.ts', env)
  const plugin = await signedIn('servers/plugin.ts', env)
  const cached = await signedIn('servers/plugin.ts', { ...env, CACHE: 'true' })
  const me: [string, App, string][] = [
    ['floor: by hand, one GET', floor, '/me'],
    ['@fastify/session alone', session, '/me'],
    ['plugin, behind the guard', plugin, '/me'],
    ['plugin with the cache', cached, '/me']
  ]
  const calendar: [string, App, string][] = [
    ['floor: by hand, undici pool', floor, '/calendar'],
    ['plugin, googleClient.request()', plugin, '/calendar'],
    ['plugin, googleClient.fetch()', plugin, '/calendar-fetch'],
    ['plugin with the cache, request()', cached, '/calendar'],
    ['plugin with the cache, fetch()', cached, '/calendar-fetch']
  ]
  await table('/me', me, effort, redis)
  await table('/calendar', calendar, effort, redis)
  await stopAll()
}

async function signedIn(file: string, env: Record<string, string>): Promise<App> {
  const server = await startServer(file, env)
  const browser = new Browser(server.url)
  await browser.visit('/login')
  return { server, browser }
}

async function table(title: string, rows: [string, App, string][], effort: Effort, redis: string): Promise<void> {
  const contenders: Contender[] = rows.map(([name, { server, browser }, path]) => asking(name, server, [browser], path))
  for (const { slice } of contenders) await slice(effort.warmUp)
  const ratios = await compare(contenders, effort.rounds, effort.slice)
  const [atOnce, alone]: [number[], number[]] = [[], []]
  for (const [index, [, { browser }, path]] of rows.entries()) {
    atOnce.push((await commandsOf(redis, () => contenders[index]!.slice(effort.slice))) / effort.slice)
    await browser.ask(path) // the cache knows it
    alone.push((await commandsOf(redis, () => oneByOne(browser, path))) / ALONE)
  }
  printTable(
    [title, 'CPU x floor', 'middle half of the rounds', 'Redis commands, alone', '20 at once'],
    ratios.map((ratio, index) => [...cellsOf(ratio), alone[index]!, atOnce[index]!])
  )
}

async function oneByOne(browser: Browser, path: string): Promise<void> {
  for (let i = 0; i < ALONE; i++) await browser.ask(path)
}
