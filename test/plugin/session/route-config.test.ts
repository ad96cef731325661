import t from 'tap'
import { CALENDAR, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { commandsDuring } from '../../support/redis.js'

t.test('a route with config: { googleAuth: false } reads no session, and changes none', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await startApp(t, google, {
    options: { redis: redis.url },
    before: (app) => app.get('/early', { config: { googleAuth: false } }, (request) => ({ user: request.googleUser })),
    routes(app) {
      const { required } = app.googleAuth
      app.get('/health', { config: { googleAuth: false } }, (request) => ({
        user: request.googleUser,
        session: request.session as unknown
      }))
      app.get('/client', { config: { googleAuth: false } }, (request) => request.googleClient.user)
      app.get('/both', { config: { googleAuth: false }, onRequest: required({ scopes: [CALENDAR] }) }, () => 'never')
      app.get('/me', { onRequest: required() }, (request) => request.googleUser)
    }
  })
  const ada = await signedIn()
  for (const path of ['/health', '/early']) {
    const commands = await commandsDuring(redis, async () => {
      const answer = await ada.fetch(path)
      t.match(answer.json(), { user: null })
      t.notOk(answer.headers['set-cookie'], path)
    })
    t.same(commands, {}, path)
  }
  t.equal((await ada.fetch('/health')).json().session, null)
  t.equal((await ada.fetch('/client')).status, 401)
  const both = await ada.fetch('/both')
  t.equal(both.status, 500)
  t.match(both.text, 'config: { googleAuth: false }')
  t.equal((await ada.fetch('/me')).status, 200, 'still signed in')
})
