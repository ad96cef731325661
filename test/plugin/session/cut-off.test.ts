/** A process that dies between any two commands to Redis: afterwards no session lives that "sign out everywhere" does not find. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import t from 'tap'
import { ADA, SECRET, startApp, startGoogle, startRedisFor, type TestApp } from '../../support/app.js'
import { liveSessions } from '../../support/live-sessions.js'
import type { Browser } from '../../support/jar.js'

/** More commands than any of these sends. */
const MOST_COMMANDS = 30

/** Lets `left` more commands through, and no other: as if the process had died. */
function dyingAfter(redis: Redis): { left: number } {
  const state = { left: Infinity }
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, stream) => {
    if (state.left-- > 0) return send(command, stream)
    command.reject(new Error('killed'))
    return command.promise
  }
  return state
}

/** What a browser does that has a session of Ada, in the process that dies. */
const ACTS: Record<string, (browser: Browser, visit: string) => Promise<unknown>> = {
  'a sign-in as somebody else': (browser, visit) => browser.navigate(visit),
  'a sign-out': (browser) => browser.submit('/auth/signout'),
  'a new session id': (browser) => browser.fetch('/renamed')
}

async function before(app: FastifyInstance, ofTheApp: boolean): Promise<void> {
  if (!ofTheApp) return
  await app.register(cookie)
  await app.register(session, { secret: SECRET, cookie: { secure: false }, rolling: false, saveUninitialized: false })
}

for (const ofTheApp of [false, true]) {
  for (const [name, act] of Object.entries(ACTS)) {
    // The session of the app itself is in the app's own store.
    if (ofTheApp && name === 'a new session id') continue
    t.test(`${name}, sessions of ${ofTheApp ? 'the app' : 'the plugin'}`, async (t) => {
      const google = await startGoogle(t)
      const redis = await startRedisFor(t)
      const routes = (app: FastifyInstance): void => {
        app.get('/renamed', async (request) => {
          await request.session.regenerate(['googleAuth'])
          return {}
        })
      }
      const dying = redis.client()
      const state = dyingAfter(dying)
      const here = await startApp(t, google, {
        options: { redis: dying },
        routes,
        before: (app) => before(app, ofTheApp)
      })
      const redirectUri = `${here.origin}/auth/return`
      const there: TestApp = await startApp(t, google, { options: { redis: redis.url, redirectUri } })
      const admin = redis.client()
      let cuts = 0
      for (; cuts < MOST_COMMANDS; cuts++) {
        // A new user each time: what a dead process leased stays leased for some seconds.
        const grace = google.addUser({ email: `grace-${cuts}@example.com` })
        const ada = here.browser()
        await ada.visit(google, '/auth/start', ADA)
        const back = await google.approve(await ada.start('?prompt=select_account'), { sub: grace.sub })
        state.left = cuts
        await act(ada, back.slice(here.origin.length))
        const isWhole = state.left >= 0
        state.left = Infinity
        for (const { sub } of [ADA, grace]) await there.app.googleAuth.signOutEverywhere(sub)
        t.same(await liveSessions(admin), [], `cut before command ${cuts}: all sessions have ended`)
        if (isWhole) break
      }
      t.ok(cuts > 1 && cuts < MOST_COMMANDS, `${cuts} commands`)
    })
  }
}
