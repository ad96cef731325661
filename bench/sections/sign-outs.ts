import { Browser } from '../browser.js'
import type { Effort } from '../effort.js'
import { startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'
import { signInUsers } from '../users.js'

/** Sessions of one user. The last is the most that a user can have. */
const SESSIONS = [10, 100, 1_000]

/** What `signOutEverywhere` costs for each session that it ends: the same, however many there are. */
export async function measureSignOuts({ sessions: total }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const server = await startServer('servers/plugin.ts', { REDIS_URL: await startRedis(), PROVIDER: provider.url })
  const browser = new Browser(server.url)
  const rows: (string | number)[][] = []
  for (const sessions of SESSIONS.filter((number) => number <= total)) {
    const users = Array.from({ length: total / sessions }, (_, index) => `user-${sessions}-${index}`)
    const before: Browser[] = []
    for (const user of users) before.push(...(await signInUsers(server.url, sessions, user)))
    const cpuBefore = await server.cpuUs()
    const began = performance.now()
    for (const user of users) await browser.ask(`/sign-out-everywhere?user=${user}`, { method: 'POST' })
    const tookMs = (performance.now() - began) / users.length
    const cpuUs = ((await server.cpuUs()) - cpuBefore) / total
    const { status } = await before.at(-1)!.ask('/me')
    if (status === 200) throw new Error('A session is still there.')
    rows.push([String(sessions), cpuUs, tookMs])
  }
  printTable(['signOutEverywhere, sessions', 'CPU us for each', 'ms for all'], rows)
  await stopAll()
}
