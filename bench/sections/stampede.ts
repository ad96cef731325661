import { startGoogleEmulator, type GoogleEmulator } from 'fastify-google-auth/emulator'
import { Browser } from '../browser.js'
import type { Effort } from '../effort.js'
import { freePort, startRedis, startServer, stopAll } from '../processes.js'
import { printTable } from '../table.js'

const CALLS = 200
/** How long a refresh takes: a slow one. */
const REFRESH_MS = 500
const EVENTS = '/calendar/v3/calendars/primary/events'

type Trigger = 'expired token' | 'sudden 401'

/** How many token calls 200 calls at once make, how many of them fail, and when the last one is answered. */
export async function countStampedes({ allStampedes }: Effort): Promise<void> {
  const rows: (string | number)[][] = []
  for (const trigger of allStampedes ? (['expired token', 'sudden 401'] as const) : (['expired token'] as const))
    for (const processes of [1, 4])
      for (const rotating of allStampedes ? [false, true] : [false])
        rows.push(await stampede(trigger, processes, rotating))
  printTable(
    [
      `${CALLS} calls at once`,
      'processes',
      'refresh token rotates',
      'token calls',
      'failed',
      'last answer x one alone'
    ],
    rows
  )
}

async function stampede(trigger: Trigger, processes: number, rotating: boolean): Promise<(string | number)[]> {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const google = await startGoogleEmulator({ rotateRefreshTokens: rotating, redirectUris: [`${base}/auth/return`] })
  try {
    const apps = await startFleet(google, processes, port)
    const browser = await signIn(google, base)
    const call = (index: number) => browser.ask('/calendar', { app: apps[index % apps.length]! })
    const callAll = () => Promise.all(Array.from({ length: CALLS }, (_, index) => call(index)))
    const spoil = async (): Promise<void> => {
      if (trigger === 'expired token') await browser.ask('/expire', { method: 'POST' })
      else google.expireAccessTokens()
      google.resetCounts()
      google.failNext('token', { delayMs: REFRESH_MS, times: CALLS })
    }
    await callAll() // every connection is open
    await spoil()
    const { tookMs: oneMs } = await timed(() => call(0))
    await spoil()
    const { result: answers, tookMs } = await timed(callAll)
    const failed = answers.filter(({ status }) => status !== 200).length
    const tokenCalls = google.count('token', { grantType: 'refresh_token' })
    const counts = [processes, rotating ? 'yes' : 'no', tokenCalls, failed].map(String)
    return [trigger, ...counts, tookMs / oneMs]
  } finally {
    await stopAll()
    await google.close()
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; tookMs: number }> {
  const began = performance.now()
  const result = await work()
  return { result, tookMs: performance.now() - began }
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
