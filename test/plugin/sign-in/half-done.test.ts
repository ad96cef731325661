/** A sign-in whose last step fails: the session is what it was before. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import type { Redis } from 'ioredis'
import t from 'tap'
import { DESTROY_SESSION } from '../../../src/redis/scripts/sessions.js'
import { ADA, GRACE, SECRET, startApp, startGoogle, startRedisFor } from '../../support/app.js'

/** Makes the end of a session fail, as long as it is told to. */
function failingEnds(redis: Redis): { fail: boolean } {
  const state = { fail: false }
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, stream) => {
    const isEnd = command.args.some((arg) => arg === DESTROY_SESSION.sha || arg === DESTROY_SESSION.text)
    if (!state.fail || !isEnd) return send(command, stream)
    command.reject(new Error('no connection'))
    return command.promise
  }
  return state
}

for (const ofTheApp of [false, true]) {
  t.test(`the former session cannot be ended, sessions of ${ofTheApp ? 'the app' : 'the plugin'}`, async (t) => {
    const google = await startGoogle(t)
    const client = (await startRedisFor(t)).client()
    const ends = failingEnds(client)
    const { browser } = await startApp(t, google, {
      options: { redis: client },
      async before(app) {
        if (!ofTheApp) return
        await app.register(cookie)
        const options = { secret: SECRET, cookie: { secure: false }, rolling: false, saveUninitialized: false }
        await app.register(session, options)
      }
    })
    const ada = browser()
    await ada.visit(google, '/auth/start', ADA)
    ends.fail = true
    const failed = await ada.visit(google, '/auth/start?prompt=select_account', GRACE)
    ends.fail = false
    t.equal(failed.status, 503)
    t.match((await ada.fetch('/me')).json(), { sub: ADA.sub }, 'still the one who was signed in')
    const former = ada.copy()
    await ada.visit(google, '/auth/start?prompt=select_account', GRACE)
    t.match((await ada.fetch('/me')).json(), { sub: GRACE.sub })
    t.equal((await former.fetch('/me')).status, 401)
  })
}
