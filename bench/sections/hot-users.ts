import type { Browser } from '../browser.js'
import { asking, compare, type Contender } from '../compare.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'
import { signInUsers } from '../users.js'

/** Records stay for the whole measurement: with the default of five seconds they would be gone at the next turn. */
const CACHE = JSON.stringify({ maxAgeMs: 3_600_000 })

/** How time on a CPU and memory grow with the number of users whose requests a process gets. */
export async function compareHotUsers(effort: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const env = { REDIS_URL: await startRedis(), PROVIDER: provider.url }
  const { url: BASE } = await startServer('servers/plugin.ts', env)
  const browsers = await signInUsers(BASE, Math.max(...effort.hotUsers))
  const rows = [
    ...(await rowsOf('no', { ...env, BASE }, browsers, effort)),
    ...(await rowsOf('yes', { ...env, BASE, CACHE }, browsers, effort))
  ]
  printTable(['/calendar, users', 'cache', 'CPU x the first number', 'heap MiB', 'bytes more for each'], rows)
  await stopAll()
}

/** Each number of users has a process of its own, so that none works with the heap of another. */
async function rowsOf(
  cache: string,
  env: Record<string, string>,
  browsers: Browser[],
  { hotUsers, warmUp, ...effort }: Effort
): Promise<(string | number)[][]> {
  const launch = async (): Promise<Contender[]> => {
    const contenders = []
    for (const users of hotUsers) {
      const server = await startServer('servers/plugin.ts', env)
      const hot = browsers.slice(0, users).map((browser) => browser.at(server.url))
      contenders.push(asking(String(users), server, hot, '/calendar'))
    }
    return contenders
  }
  // Each user was there before it counts.
  const turns = { ...effort, warmUp: Math.max(warmUp, ...hotUsers) }
  const { ratios, contenders } = await compare(launch, turns)
  const heaps: number[] = []
  for (const { server } of contenders) heaps.push(await server!.heapBytes())
  return ratios.map(({ name, median }, index) => {
    const more = (heaps[index]! - heaps[0]!) / (hotUsers[index]! - hotUsers[0]!)
    return [name, cache, median, heaps[index]! / 2 ** 20, index === 0 ? '' : String(Math.round(more))]
  })
}
