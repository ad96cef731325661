import { startGoogleEmulator, type GoogleEmulator } from 'fastify-google-auth/emulator'
import { Browser } from '../browser.js'
import { freePort, startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'

const CALLS = 200
/** How long a refresh takes: long enough for every call to arrive meanwhile. */
const REFRESH_MS = 100
const EVENTS = '/calendar/v3/calendars/primary/events'

type Trigger = 'expired token' | 'sudden 401'

/** How many token calls 200 calls at once make, and how many of them fail. */
export async function countStampedes(): Promise<void> {
  const rows: string[][] = []
  for (const trigger of ['expired token', 'sudden 401'] as const)
    for (const processes of [1, 4])
      for (const rotating of [false, true]) rows.push(await stampede(trigger, processes, rotating))
  printTable([`${CALLS} calls at once`, 'processes', 'refresh token rotates', 'token calls', 'failed', 'ms'], rows)
}

async function stampede(trigger: Trigger, processes: number, rotating: boolean): Promise<string[]> {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const google = await startGoogleEmulator({ rotateRefreshTokens: rotating, redirectUris: [`${base}/auth/return`] })
  try {
    const apps = await startFleet(google, processes, port)
    const browser = await signIn(google, base)
    // Every process has its connections open.
    for (const app of apps) await browser.ask('/calendar', { app })
    if (trigger === 'expired token') await browser.ask('/expire', { method: 'POST' })
    else google.expireAccessTokens()
    google.resetCounts()
    google.failNext('token', { delayMs: REFRESH_MS, times: CALLS })
    const began = performance.now()
    const answers = await Promise.all(
      Array.from({ length: CALLS }, (_, index) => browser.ask('/calendar', { app: apps[index % apps.length]! }))
    )
    const tookMs = performance.now() - began
    const failed = answers.filter(({ status }) => status !== 200).length
    const tokenCalls = google.count('token', { grantType: 'refresh_token' })
    return [trigger, processes, rotating ? 'yes' : 'no', tokenCalls, failed, Math.round(tookMs)].map(String)
  } finally {
    await stopAll()
    await google.close()
  }
}

/** Processes that share a Redis; the first of them listens where users sign in. Gives their URLs. */
async function startFleet(google: GoogleEmulator, processes: number, port: number): Promise<string[]> {
  const { client_id, client_secret } = google.clientSecrets.web
  const env = {
    REDIS_URL: await startRedis(),
    PROVIDER: google.issuer,
    API: EVENTS,
    BASE: `http://127.0.0.1:${port}`,
    CLIENT_ID: client_id,
    CLIENT_SECRET: client_secret
  }
  const urls: string[] = []
  for (let index = 0; index < processes; index++)
    urls.push((await startServer('servers/plugin.ts', env, index === 0 ? port : undefined)).url)
  return urls
}

async function signIn(google: GoogleEmulator, base: string): Promise<Browser> {
  const browser = new Browser(base)
  const { location = '' } = await browser.ask('/auth/start')
  await browser.visit(await google.approve(location))
  return browser
}
