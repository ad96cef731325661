import { Browser, repeat } from '../browser.js'
import { type Server, startRedis, startServer, stopAll } from '../processes.js'
import { median, printTable } from '../table.js'

/** Requests of one contender in one round: short, so that the machine's other work strikes all alike. */
const SLICE = 400
const AT_ONCE = 20
const WARM_UP_SLICES = 8

interface Contender {
  name: string
  server: Server
  browser: Browser
  path: string
}

/** Time on a CPU per request of the plugin and of what it could be compared with, as ratios to the floor. */
export async function compareRequests(rounds: number): Promise<void> {
  const provider = await startServer('provider.ts')
  const env = { REDIS_URL: await startRedis(), PROVIDER: provider.url }
  const floor = await signedIn('servers/floor.ts', env)
  const session = await signedIn('servers/session.ts', env)
  const plugin = await signedIn('servers/plugin.ts', env)
  await compare('/me', rounds, [
    { name: 'floor: by hand, one GET', ...floor, path: '/me' },
    { name: '@fastify/session alone', ...session, path: '/me' },
    { name: 'plugin, behind the guard', ...plugin, path: '/me' }
  ])
  await compare('/calendar', rounds, [
    { name: 'floor: by hand, undici pool', ...floor, path: '/calendar' },
    { name: 'plugin, googleClient.request()', ...plugin, path: '/calendar' },
    { name: 'plugin, googleClient.fetch()', ...plugin, path: '/calendar-fetch' }
  ])
  await stopAll()
}

async function signedIn(file: string, env: Record<string, string>): Promise<{ server: Server; browser: Browser }> {
  const server = await startServer(file, env)
  const browser = new Browser(server.url)
  await browser.visit('/login')
  return { server, browser }
}

async function compare(title: string, rounds: number, contenders: Contender[]): Promise<void> {
  for (const contender of contenders) await slice(contender, WARM_UP_SLICES * SLICE)
  const ratios = contenders.map(() => [] as number[])
  for (let round = 0; round < rounds; round++) {
    const costs: number[] = []
    for (const contender of contenders) costs.push(await slice(contender, SLICE))
    costs.forEach((cost, index) => ratios[index]?.push(cost / costs[0]!))
  }
  printTable(
    [title, 'CPU x floor', 'middle half of the rounds'],
    contenders.map(({ name }, index) => {
      const sorted = ratios[index]!.toSorted((one, other) => one - other)
      const quarter = Math.floor(sorted.length / 4)
      return [name, median(sorted), `${sorted[quarter]!.toFixed(2)} to ${sorted.at(-1 - quarter)!.toFixed(2)}`]
    })
  )
}

/** Microseconds on a CPU per request. */
async function slice({ server, browser, path }: Contender, requests: number): Promise<number> {
  const before = await server.cpuUs()
  await repeat(requests, AT_ONCE, async () => {
    const { status, text } = await browser.ask(path)
    if (status !== 200) throw new Error(`${path} answered ${status}: ${text}`)
  })
  return ((await server.cpuUs()) - before) / requests
}
