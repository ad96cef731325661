import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { GoogleAuthOptions } from '../../src/index.js'
import type { Storage } from '../../src/core/storage/storage.js'
import type { GoogleEmulator, EmulatorOptions } from '../../src/emulator.js'
import { CALENDAR, optionsFor, startApp, startGoogle, startRedisFor } from './app.js'
import { type Member, startMember } from './fleet.js'
import type { RedisServer } from './redis.js'

export interface FleetUser {
  sub: string
  /** The session cookie. */
  cookie: string
  storage: Storage
}

export interface Fleet {
  google: GoogleEmulator
  redis: RedisServer
  /** The app in the process of the test. Users sign in there, and it shares the fleet's Redis. */
  app: FastifyInstance
  start: (hold?: Parameters<typeof startMember>[3]) => Promise<Member>
  /** A user who is signed in and has granted the calendar. */
  user: (account: { sub: string }) => Promise<FleetUser>
  /** Makes the stored access token of a user end now, or soon. */
  expire: (user: FleetUser, inMs?: number) => Promise<void>
}

/** A Google emulator, a Redis, and processes and users that share them. */
export async function startFleet(
  t: Test,
  emulator: EmulatorOptions = {},
  more: Pick<GoogleAuthOptions, 'cache'> = {}
): Promise<Fleet> {
  const redis = await startRedisFor(t)
  const google = await startGoogle(t, emulator)
  const scopes = ['openid', 'email', CALENDAR]
  const first = await startApp(t, google, { options: { redis: redis.url, scopes } })
  const redirectUri = `${first.origin}/auth/return`
  return {
    google,
    redis,
    app: first.app,
    start: (hold) =>
      startMember(t, google, { ...optionsFor(google, redirectUri), scopes, redis: redis.url, ...more }, hold),
    async user(account) {
      const browser = await first.signedIn(account)
      const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
      return { sub: account.sub, cookie, storage: first.app.googleAuth.storageFor(account.sub) }
    },
    async expire({ storage }, inMs = -1000) {
      const token = await storage.get()
      if (token === null) throw new Error('nothing stored')
      await storage.put(token.with({ expiresAt: Date.now() + inMs }))
    }
  }
}
