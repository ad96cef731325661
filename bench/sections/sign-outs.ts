import { Browser } from '../browser.js'
import type { Effort } from '../effort.js'
import { type Server, startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'
import { signInUsers } from '../users.js'

/** Sessions of one user. The last is the most that a user can have. */
const SESSIONS = [10, 100, 1_000]

/** What `signOutEverywhere` costs for each session that it ends: the same, however many there are. */
export async function measureSignOuts({ sessions: total }: Effort): Promise<void> {
  const provider = await startServer('provider.ts')
  const server = await startServer('servers/plugin.ts', { REDIS_URL: await startRedis(), PROVIDER: provider.url })
  const [fewest = 0] = SESSIONS
  await endSessions(server, 'warm-up', fewest, total)
  const rows: (string | number)[][] = []
  for (const sessions of SESSIONS.filter((number) => number <= total)) {
    const { cpuUs, tookMs } = await endSessions(server, 'user', sessions, total)
    rows.push([String(sessions), cpuUs, tookMs])
  }
  printTable(['signOutEverywhere, sessions', 'CPU us for each', 'ms for all'], rows)
  await stopAll()
}

/** Ends `total` sessions, of users who have so many each. */
async function endSessions(
  server: Server,
  name: string,
  sessions: number,
  total: number
): Promise<{ cpuUs: number; tookMs: number }> {
  const users = Array.from({ length: total / sessions }, (_, index) => `${name}-${sessions}-${index}`)
  const browsers: Browser[] = []
  for (const user of users) browsers.push(...(await signInUsers(server.url, sessions, user)))
  const admin = new Browser(server.url)
  const cpuBefore = await server.cpuUs()
  const began = performance.now()
  for (const user of users) await admin.ask(`/sign-out-everywhere?user=${user}`, { method: 'POST' })
  const tookMs = (performance.now() - began) / users.length
  const cpuUs = ((await server.cpuUs()) - cpuBefore) / total
  const { status } = await browsers[0]!.ask('/me')
  if (status === 200) throw new Error('A session is still there.')
  return { cpuUs, tookMs }
}
