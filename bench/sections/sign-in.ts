import { Browser, repeat } from '../browser.js'
import { cellsOf, compare, type Contender, cpuOf } from '../compare.js'
import type { Effort } from '../effort.js'
import { type Server, startRedis, startServer, stopAll } from '../processes.js'
import { commandsOf } from '../redis.js'
import { printTable } from '../table.js'

/** Visits under way at once until there is something to return with. */
const AT_ONCE = 20
/** A sign-in is worth as much of a warm-up as so many other requests. */
const WORTH = 4

/** Time on a CPU of a sign-in at its return: the code exchanged, the ID token verified, session and credentials stored. */
export async function compareSignIns({ launches, rounds, signIns, warmUp, finer }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const redis = await startRedis()
  const env = { REDIS_URL: redis, PROVIDER: provider.url }
  const launch = async (): Promise<Contender[]> => [
    returning('by hand: oauth4webapi, jose, two writes', await startServer('servers/sign-in.ts', env)),
    returning('plugin', await startServer('servers/plugin.ts', env))
  ]
  const turns = { launches: launches * finer, rounds: rounds * finer, slice: signIns, warmUp: warmUp / WORTH }
  const { ratios, contenders } = await compare(launch, turns)
  const commands: number[] = []
  for (const { slice } of contenders) commands.push((await commandsOf(redis, () => slice(signIns))) / signIns)
  printTable(
    ['sign-in, at the return', 'CPU x by hand', 'middle half of the rounds', 'Redis commands'],
    ratios.map((ratio, index) => [...cellsOf(ratio), commands[index]!])
  )
  await stopAll()
}

/** Only the return is measured, not the way to it. */
function returning(name: string, server: Server): Contender {
  const slice = async (times: number): Promise<number> => {
    const returns: (() => Promise<void>)[] = []
    await repeat(times, AT_ONCE, async () => {
      const browser = new Browser(server.url)
      const { location: authorizeUrl = '' } = await browser.ask('/auth/start')
      const { location: returnUrl = '' } = await browser.ask(authorizeUrl)
      returns.push(async () => {
        const { location, text } = await browser.ask(returnUrl)
        if (location !== '/me') throw new Error(`A sign-in ended at ${location}: ${text}`)
      })
    })
    return cpuOf(server, times, async () => returns.pop()?.())
  }
  return { name, server, slice }
}
