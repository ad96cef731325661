import { Browser } from '../browser.js'
import { asking, cellsOf, compare, type Ratio } from '../compare.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'

/** What is looked for is a hundredth, so there are more and longer turns than elsewhere. */
const MORE = 3

/** What the plugin costs requests that have nothing to do with it, as a ratio to the same app without it. */
export async function compareUntouched({ rounds, slice, warmUp }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const plugin = await startServer('servers/plugin.ts', { REDIS_URL: await startRedis(), PROVIDER: provider.url })
  const bare = await startServer('servers/bare.ts')
  const user = new Browser(plugin.url)
  await user.visit('/login')
  const ratioOf = async (name: string, path: string, browser: Browser): Promise<Ratio> => {
    // The app without the plugin gets the same cookies.
    const contenders = [
      asking('without the plugin', bare, [browser.at(bare.url)], '/open'),
      asking(name, plugin, [browser], path)
    ]
    for (const contender of contenders) await contender.slice(warmUp)
    const [, ratio] = await compare(contenders, rounds * MORE, slice * MORE)
    return ratio!
  }
  const rows = [
    await ratioOf('a route without a guard, no session cookie', '/open', new Browser(plugin.url)),
    await ratioOf('config: { googleAuth: false }, session cookie', '/left-alone', user)
  ]
  printTable(
    ['untouched by the plugin', 'CPU x the app without it', 'middle half of the rounds'],
    rows.map((ratio) => cellsOf(ratio))
  )
  await stopAll()
}
