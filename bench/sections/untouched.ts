import { Browser } from '../browser.js'
import { asking, cellsOf, compare, type Contender } from '../compare.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'

/** What the plugin costs requests that have nothing to do with it, as a ratio to the same app without it. */
export async function compareUntouched({ launches, rounds, slice, warmUp, finer }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const env = { REDIS_URL: await startRedis(), PROVIDER: provider.url }
  const turns = { launches: launches * finer, rounds: rounds * finer, slice: slice * finer, warmUp }
  const launch = async (name: string, path: string, withCookie: boolean): Promise<Contender[]> => {
    const bare = await startServer('servers/bare.ts')
    const plugin = await startServer('servers/plugin.ts', env)
    const user = new Browser(plugin.url)
    await user.visit('/login')
    const browser = withCookie ? user : new Browser(plugin.url)
    // The app without the plugin gets the same cookies.
    return [asking('', bare, [browser.at(bare.url)], '/open'), asking(name, plugin, [browser], path)]
  }
  const rows = []
  for (const [name, path, withCookie] of [
    ['a route without a guard, no session cookie', '/open', false],
    ['config: { googleAuth: false }, session cookie', '/left-alone', true]
  ] as const) {
    const { ratios } = await compare(() => launch(name, path, withCookie), turns)
    rows.push(cellsOf(ratios[1]!))
  }
  printTable(['untouched by the plugin', 'CPU x the app without it', 'middle half of the rounds'], rows)
  await stopAll()
}
