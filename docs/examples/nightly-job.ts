/**
 * Work for all users, every night. There is no request and nobody is signed in:
 *
 *     npx tsx nightly-job.ts
 */
import { fileURLToPath } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { AccountNotConnectedError, GrantLostError, type GoogleClient } from 'fastify-google-auth'
import type { GoogleAuthOptions } from 'fastify-google-auth'

const EVENTS = 'https://www.googleapis.com/calendar/v3/calendars/primary/events'
const DAY_MS = 86_400_000

/** What the job remembers, so that a user gets one mail a night: in an app, a table with a unique key of day, owner and account. */
export interface Done {
  /** Whether this is the first time that it is asked for `key`. */
  first: (key: string) => Promise<boolean>
}
export type Send = (owner: string, text: string) => Promise<void>

// #region call
/** The scopes that let the app list events. Others begin alike and do not: calendar.freebusy, calendar.calendarlist. */
const LISTS_EVENTS = new Set(
  ['calendar', 'calendar.readonly', 'calendar.events', 'calendar.events.readonly'].map(
    (name) => `https://www.googleapis.com/auth/${name}`
  )
)

async function countEvents(client: GoogleClient, now: number, signal?: AbortSignal): Promise<number> {
  const [timeMin, timeMax] = [new Date(now).toISOString(), new Date(now + DAY_MS).toISOString()]
  const params = { timeMin, timeMax, singleEvents: true, maxResults: 2500 }
  const options = { url: EVENTS, params, retry: true, ...(signal ? { signal } : {}) }
  const { data } = await client.request<{ items?: unknown[] }>(options)
  return data.items?.length ?? 0
}
// #endregion

// #region job
export async function nightly(app: FastifyInstance, done: Done, send: Send, signal?: AbortSignal) {
  const counts = { sent: 0, skipped: 0, lost: 0, failed: 0 }
  const now = Date.now()
  const day = new Date(now).toISOString().slice(0, 10)
  const { googleAuth } = app
  for await (const { owner, account, state, scopes } of googleAuth.grants(signal ? { signal } : {})) {
    const canRead = state === 'active' && scopes.some((scope) => LISTS_EVENTS.has(scope))
    if (!canRead) {
      counts.skipped++
      continue
    }
    try {
      const events = await countEvents(googleAuth.clientFor(owner, account), now, signal)
      // A grant may be listed twice, and the job may run twice.
      if (!(await done.first(`${day} ${owner} ${account}`))) {
        counts.skipped++
        continue
      }
      await send(owner, `${events} events in the next 24 hours`)
      counts.sent++
    } catch (error) {
      // The job was stopped in the middle of a call. The next run does this account.
      if (signal?.aborted) break
      if (error instanceof GrantLostError || error instanceof AccountNotConnectedError) counts.lost++
      else {
        counts.failed++
        app.log.warn({ err: error, owner, account }, 'The nightly mail of this account failed')
      }
    }
  }
  // Google ends what nobody has used for six months, also of users whom the job skips.
  const { refreshed } = await googleAuth.refreshIdle({ idleDays: 30, ...(signal ? { signal } : {}) })
  return { ...counts, refreshed, stopped: signal?.aborted ?? false }
}
// #endregion

/** An app for the job alone: the same options as the web app, `secret` and `redis` included, and it does not listen. */
export async function buildJob(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'warn' } })
  await app.register(googleAuth, options)
  return app
}

// #region main
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {
    AUTH_SECRET: secret = '',
    REDIS_URL: redis = 'redis://localhost:6379',
    PUBLIC_URL = 'http://localhost:3000'
  } = process.env
  const app = await buildJob({
    clientSecretsFile: 'client_secrets.json',
    redirectUri: `${PUBLIC_URL}/auth/return`,
    secret,
    redis
  })
  const stop = new AbortController()
  // Once: a second SIGTERM ends the process at once.
  process.once('SIGTERM', () => stop.abort())
  const seen = new Set<string>() // your table
  const done = { first: async (key: string) => !seen.has(key) && seen.add(key).has(key) }
  const send = async (owner: string, text: string) => console.log(owner, text) // your mailer
  console.log(JSON.stringify(await nightly(app, done, send, stop.signal)))
  await app.close()
}
// #endregion
