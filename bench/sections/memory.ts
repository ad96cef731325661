import { Browser, repeat } from '../browser.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printRow } from '../table.js'

const AT_ONCE = 20
const STEPS = 10
const WIDTHS = [20, 12, 22, 8]

/** The heap before and after so many sign-ins, each by a user of its own and followed by an API call. */
export async function compareMemory({ manySignIns, warmUp }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const server = await startServer('servers/plugin.ts', { REDIS_URL: await startRedis(), PROVIDER: provider.url })
  let failed = 0
  const signInAndCall = async (): Promise<void> => {
    // On a crowded machine Redis may answer too late now and then; that is one sign-in less, and shown.
    await new Browser(server.url).visit('/auth/start?return_to=/calendar').catch(() => failed++)
  }
  await repeat(warmUp, AT_ONCE, signInAndCall)
  const before = await server.heapBytes()
  console.log()
  printRow(['sign-ins and calls', 'heap MiB', 'bytes more for each', 'failed'], WIDTHS)
  printRow([`${warmUp} (warm-up)`, before / 2 ** 20, '', String(failed)], WIDTHS)
  // Row by row, as this takes a while.
  for (let step = 1; step <= STEPS; step++) {
    await repeat(Math.round(manySignIns / STEPS), AT_ONCE, signInAndCall)
    const after = await server.heapBytes()
    const done = Math.round((manySignIns * step) / STEPS)
    printRow([`+ ${done}`, after / 2 ** 20, (after - before) / done, String(failed)], WIDTHS)
  }
  await stopAll()
}
