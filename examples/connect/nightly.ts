import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.js'
import { nextEvents } from './events.js'
import { googleOf } from './google.js'
import { Users } from './users.js'

/** What a run of the job did. */
export interface Nightly {
  /** Grants whose events were read. */
  read: number
  /** Grants that could not be read. Each is in the log. */
  failed: number
  events: number
  refreshed: number
  lost: number
}

/** Reads the events of every connected account, then keeps idle grants alive. There is no request, and nobody is signed in. */
export async function nightly(app: FastifyInstance, calendarRootUrl: string, signal?: AbortSignal): Promise<Nightly> {
  const { googleAuth } = app
  const counts = { read: 0, failed: 0, events: 0 }
  for await (const { owner, account, state } of googleAuth.grants(signal ? { signal } : {})) {
    if (state !== 'active') continue
    try {
      counts.events += (await nextEvents(googleAuth.clientFor(owner, account), calendarRootUrl)).length
      counts.read++
    } catch (error) {
      counts.failed++
      app.log.warn({ err: error, owner, account }, 'The events of this account could not be read')
    }
  }
  const { refreshed, lost } = await googleAuth.refreshIdle({ idleDays: 30, ...(signal ? { signal } : {}) })
  return { ...counts, refreshed, lost }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const {
    REDIS_URL: redis,
    PUBLIC_URL: publicUrl = 'http://localhost:3100',
    DATABASE = 'connect-example.sqlite'
  } = process.env
  if (!redis) {
    console.error('The job is another process than the app, so both need a Redis. Set REDIS_URL for both.')
    process.exit(1)
  }
  const google = googleOf(process.env)
  const users = new Users(DATABASE)
  const app = await buildApp({ publicUrl, google, users, redis })
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  console.log(JSON.stringify(await nightly(app, google.calendarRootUrl, stop.signal)))
  await app.close()
  users.close()
}
