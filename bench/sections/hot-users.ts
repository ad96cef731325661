import { type Browser } from '../browser.js'
import { asking, compare } from '../compare.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { signInUsers } from '../users.js'
import { printTable } from '../table.js'

/** Records stay for the whole measurement: with the default of five seconds they would be gone at the next turn. */
const CACHE = JSON.stringify({ maxAgeMs: 3_600_000 })

/** How time on a CPU and memory grow with the number of users whose requests a process gets. */
export async function compareHotUsers(effort: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const env = { REDIS_URL: await startRedis(), PROVIDER: provider.url }
  const first = await startServer('servers/plugin.ts', env)
  const browsers = await signInUsers(first.url, Math.max(...effort.hotUsers))
  const rows = [
    ...(await rowsOf('no', { ...env, BASE: first.url }, browsers, effort)),
    ...(await rowsOf('yes', { ...env, BASE: first.url, CACHE }, browsers, effort))
  ]
  printTable(['/calendar, users', 'cache', 'CPU x the first number of users', 'heap MiB', 'bytes more for each'], rows)
  await stopAll()
}

/** Each number of users has a process of its own, so that none works with the heap of another. */
async function rowsOf(
  cache: string,
  env: Record<string, string>,
  browsers: Browser[],
  { hotUsers, rounds, slice, warmUp }: Effort
): Promise<(string | number)[][]> {
  const apps = []
  for (const users of hotUsers) {
    const server = await startServer('servers/plugin.ts', env)
    const hot = browsers.slice(0, users).map((browser) => browser.at(server.url))
    const contender = asking(String(users), server, hot, '/calendar')
    // All processes have done as much, and each of the users was there.
    await asking('', server, hot.slice(0, 1), '/calendar').slice(warmUp)
    const before = await server.heapBytes()
    await contender.slice(Math.max(...hotUsers))
    apps.push({ users, contender, before, after: await server.heapBytes() })
  }
  const ratios = await compare(
    apps.map(({ contender }) => contender),
    rounds,
    slice
  )
  return apps.map(({ users, before, after }, index) => [
    String(users),
    cache,
    ratios[index]!.median,
    after / 2 ** 20,
    String(Math.round((after - before) / users))
  ])
}
