import { Browser, repeat } from './browser.js'
import { startRedis, startServer, stopAll } from './processes.js'
import { printTable } from './table.js'

const AT_ONCE = 20
/** Compiled code, pools and caches are there after these. */
const WARM_UP = 2_000
const STEPS = 4

/** The heap before and after so many sign-ins, each by a user of its own and followed by an API call. */
export async function compareMemory(signIns: number): Promise<void> {
  const provider = await startServer('provider.ts')
  const server = await startServer('servers/plugin.ts', { REDIS_URL: await startRedis(), PROVIDER: provider.url })
  const signInAndCall = async (): Promise<void> => {
    await new Browser(server.url).visit('/auth/start?return_to=/calendar')
  }
  await repeat(WARM_UP, AT_ONCE, signInAndCall)
  const before = await server.heapBytes()
  const rows = [['before', before / 2 ** 20, '']]
  for (let step = 1; step <= STEPS; step++) {
    await repeat(Math.round(signIns / STEPS), AT_ONCE, signInAndCall)
    const after = await server.heapBytes()
    const done = Math.round((signIns * step) / STEPS)
    rows.push([done.toLocaleString('en'), after / 2 ** 20, ((after - before) / done).toFixed(1)])
  }
  printTable(['sign-ins and calls', 'heap MiB', 'bytes more for each'], rows)
  await stopAll()
}
