/** A sign-in whose last step fails: the session is what it was before. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import t from 'tap'
import { ADD_SIGN_IN, DESTROY_SESSION } from '../../../src/redis/scripts/sessions.js'
import { ADA, GRACE, SECRET, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { liveSessions } from '../../support/live-sessions.js'

/** Makes the next end of a session fail, and counts those that have failed. Later ends work again. */
function failingEnds(redis: Redis): { failNext: boolean; failed: number } {
  const state = { failNext: false, failed: 0 }
  const send = redis.sendCommand.bind(redis)
  redis.sendCommand = (command, stream) => {
    const isEnd = command.args.some((arg) => arg === DESTROY_SESSION.sha || arg === DESTROY_SESSION.text)
    if (!state.failNext || !isEnd) return send(command, stream)
    state.failNext = false
    state.failed++
    command.reject(new Error('no connection'))
    return command.promise
  }
  return state
}

function routes(app: FastifyInstance): void {
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  app.get('/cart', ({ session }) => session.cart ?? null)
  app.get('/renamed', async (request) => {
    await request.session.regenerate(['googleAuth'])
    return {}
  })
  app.get('/fill', ({ session }) => (session.cart = ['tea']))
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
      },
      routes
    })
    const ada = browser()
    await ada.visit(google, '/auth/start', ADA)
    await ada.fetch('/fill')
    const before = await liveSessions(client)
    t.equal(before.length, 1)
    ends.failNext = true
    const failed = await ada.visit(google, '/auth/start?prompt=select_account', GRACE)
    t.equal(failed.status, 503)
    t.equal(ends.failed, 1)
    t.same(await liveSessions(client), before, 'no session of the new user opens')
    t.match((await ada.fetch('/me')).json(), { sub: ADA.sub }, 'still the one who was signed in')
    t.same((await ada.fetch('/cart')).json(), ['tea'], 'with the data of the app')
    const former = ada.copy()
    await ada.visit(google, '/auth/start?prompt=select_account', GRACE)
    t.match((await ada.fetch('/me')).json(), { sub: GRACE.sub })
    t.equal((await ada.fetch('/cart')).json(), null, 'another user gets none of it')
    t.equal((await former.fetch('/me')).status, 401)
  })
}

t.test('a browser that is answered before its sign-in is stored whole gets no session', async (t) => {
  const google = await startGoogle(t)
  const client = (await startRedisFor(t)).client()
  const send = client.sendCommand.bind(client)
  // As a node of a Cluster that does not answer.
  client.sendCommand = (command, stream) =>
    command.args.some((arg) => arg === ADD_SIGN_IN.sha || arg === ADD_SIGN_IN.text)
      ? command.promise
      : send(command, stream)
  const { browser } = await startApp(t, google, { options: { redis: client }, server: { handlerTimeout: 400 }, routes })
  const ada = browser()
  const answer = await ada.visit(google, '/auth/start', ADA)
  t.equal(answer.status, 503)
  t.equal((await ada.fetch('/me')).status, 401)
  t.notOk([...ada.cookies.keys()].some((name) => name.includes('session')))
})

t.test('the app changes the id of a session, and the former one cannot be ended', async (t) => {
  const google = await startGoogle(t)
  const client = (await startRedisFor(t)).client()
  const { app, signedIn } = await startApp(t, google, { options: { redis: client }, routes })
  const ends = failingEnds(client)
  const ada = await signedIn()
  const former = ada.copy()
  ends.failNext = true
  await ada.fetch('/renamed')
  t.equal(ends.failed, 1)
  await app.googleAuth.signOutEverywhere(ADA.sub)
  t.equal((await ada.fetch('/me')).status, 401)
  t.equal((await former.fetch('/me')).status, 401, 'no session is left that the index does not know')
})
