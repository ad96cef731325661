import t, { type Test } from 'tap'
import Fastify from 'fastify'
import { Cluster } from 'ioredis'
import { googleAuth, type GoogleAuthOptions } from '../../src/index.js'
import { ADA, CALENDAR, GRACE, optionsFor, startApp, startGoogle, startRedisFor, type TestApp } from '../support/app.js'
import type { Browser } from '../support/jar.js'
import { commandsDuring, eventually } from '../support/redis.js'

/** Two processes' worth of apps on one Redis, with the cache on. A session of the one is a session of the other. */
async function twoApps(t: Test, options: Partial<GoogleAuthOptions> = {}) {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const here = await startApp(t, google, { options: { redis: redis.url, cache: true, ...options } })
  const redirectUri = `${here.origin}/auth/return`
  const there = await startApp(t, google, { options: { redis: redis.url, cache: true, ...options, redirectUri } })
  const elsewhere = (browser: Browser): Browser => {
    const other = there.browser()
    for (const [name, cookie] of browser.cookies) other.cookies.set(name, cookie)
    return other
  }
  return { google, redis, here, there, elsewhere }
}

const statusOf = async (browser: Browser, path: string): Promise<number> => (await browser.fetch(path)).status

t.test('a warm request asks Redis nothing', async (t) => {
  const { google, redis, here } = await twoApps(t)
  const ada = await here.signedIn()
  await ada.visit(google, '/events', ADA)
  t.equal(await statusOf(ada, '/events'), 200)
  for (const path of ['/', '/me', '/calendar', '/events', '/nowhere'])
    t.same(await commandsDuring(redis, () => ada.fetch(path)), {}, path)
  const grace = await here.signedIn(GRACE)
  t.match((await grace.fetch('/me')).json(), { sub: GRACE.sub })
  t.match((await ada.fetch('/me')).json(), { sub: ADA.sub })
})

t.test('an end counts here at once, and elsewhere soon and for good', async (t) => {
  const { google, here, there, elsewhere } = await twoApps(t)
  const ends: [string, (ada: Browser, app: TestApp) => Promise<unknown>][] = [
    ['sign-out', (ada) => ada.submit('/auth/signout')],
    ['signOutEverywhere', (_ada, { app }) => app.googleAuth.signOutEverywhere(ADA.sub)],
    ['revoke', (ada) => ada.submit('/auth/revoke')]
  ]
  for (const [name, end] of ends) {
    const ada = await here.signedIn()
    await ada.visit(google, '/events', ADA)
    const same = elsewhere(ada)
    t.equal(await statusOf(ada, '/events'), 200)
    t.equal(await statusOf(same, '/events'), 200)
    const kept = here.browser()
    for (const [cookie, value] of ada.cookies) kept.cookies.set(cookie, value)
    await end(ada, here)
    t.equal(await statusOf(kept, '/me'), 401, `${name}: here`)
    const cookies = [...same.cookies]
    const again = (): Promise<number> => {
      for (const [cookie, value] of cookies) same.cookies.set(cookie, value)
      return statusOf(same, '/me')
    }
    await eventually(async () => (await again()) === 401)
    for (let tries = 0; tries < 20; tries++) t.equal(await again(), 401, `${name}: it stays so`)
    t.ok(there.app.server.listening)
  }
})

t.test('a refresh elsewhere counts here', async (t) => {
  const { google, here, elsewhere } = await twoApps(t)
  const ada = await here.signedIn()
  await ada.visit(google, '/events', ADA)
  const same = elsewhere(ada)
  t.equal(await statusOf(same, '/events'), 200)
  google.expireAccessTokens(ADA.sub)
  t.equal(await statusOf(ada, '/events'), 200, 'a 401, and one refresh')
  await eventually(async () => {
    const before = google.count('token', { grantType: 'refresh_token' })
    const status = await statusOf(same, '/events')
    t.equal(status, 200)
    t.equal(google.count('token', { grantType: 'refresh_token' }), before, 'no second refresh')
    return true
  })
  t.equal(google.count('token', { grantType: 'refresh_token' }), 1)
})

t.test('a lost grant, and its renewal by a sign-in, count elsewhere', async (t) => {
  const { google, here, elsewhere } = await twoApps(t)
  const ada = await here.signedIn()
  await ada.visit(google, '/events', ADA)
  const same = elsewhere(ada)
  t.equal(await statusOf(same, '/events'), 200)
  google.revokeGrant(ADA.sub)
  t.equal(await statusOf(ada, '/events'), 401)
  await eventually(async () => (await statusOf(same, '/events')) === 401)
  await ada.visit(google, '/events', ADA)
  await eventually(async () => (await statusOf(elsewhere(ada), '/events')) === 200)
})

t.test(
  'what the app writes into its session counts elsewhere, and nobody gets what another request changed',
  async (t) => {
    const google = await startGoogle(t)
    const redis = await startRedisFor(t)
    const { signedIn } = await startApp(t, google, {
      options: { redis: redis.url, cache: true },
      routes(app) {
        app.get('/put', { onRequest: app.googleAuth.required() }, (request) => {
          request.session.cart = [...(request.session.cart ?? []), 'pear']
          return request.session.cart
        })
        app.get('/spoil', { onRequest: app.googleAuth.required() }, (request) => {
          const user = request.googleUser as { sub: string; scopes: string[]; amr: string[] }
          try {
            user.sub = 'somebody else'
          } catch {}
          try {
            user.scopes.push(CALENDAR)
          } catch {}
          try {
            user.amr.push('mfa')
          } catch {}
          return request.googleUser
        })
      }
    })
    google.tamper({ idToken: (claims) => void Object.assign(claims, { amr: ['pwd'] }) })
    const ada = await signedIn()
    t.same((await ada.fetch('/put')).json(), ['pear'])
    t.same((await ada.fetch('/put')).json(), ['pear', 'pear'])
    for (let tries = 0; tries < 2; tries++) {
      const { sub, scopes, amr } = (await ada.fetch('/spoil')).json() as Record<'scopes' | 'amr', string[]> & {
        sub: string
      }
      t.same(amr, ['pwd'])
      t.equal(sub, ADA.sub)
      t.notOk(scopes.includes(CALENDAR))
    }
  }
)

t.test('sessions of the app', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { default: cookie } = await import('@fastify/cookie')
  const { default: session } = await import('@fastify/session')
  const { browser } = await startApp(t, google, {
    options: { redis: redis.url, cache: true },
    async before(app) {
      await app.register(cookie)
      await app.register(session, {
        secret: 'x'.repeat(40),
        cookie: { secure: false },
        rolling: false,
        saveUninitialized: false
      })
    }
  })
  const ada = browser()
  await ada.visit(google, '/auth/start', ADA)
  t.equal(await statusOf(ada, '/me'), 200)
  t.same(await commandsDuring(redis, () => ada.fetch('/me')), {})
  const kept = browser()
  for (const [name, value] of ada.cookies) kept.cookies.set(name, value)
  await ada.submit('/auth/signout')
  t.equal(await statusOf(kept, '/me'), 401)
})

t.test('trouble: the log says that the cache is off and on, and the end of the app says nothing', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { app, signedIn, log } = await startApp(t, google, { options: { redis: redis.url, cache: { maxAgeMs: 500 } } })
  const ada = await signedIn()
  const said = (text: string): number => log.filter((line) => line.includes(text)).length
  await redis.client().call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await eventually(async () => said('The cache is on again.') === 1)
  t.equal(said('The cache is off'), 1)
  t.equal(await statusOf(ada, '/me'), 200)
  await app.close()
  t.equal(said('The cache is off'), 1)
  await eventually(async () => String(await redis.client().call('CLIENT', 'LIST')).split('sub=1').length === 1)
})

t.test('wrong options, and a Cluster', async (t) => {
  const google = await startGoogle(t)
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true })
  const wrong: [Partial<Record<keyof GoogleAuthOptions, unknown>>, RegExp][] = [
    [{ cache: 'yes' }, /The option cache must be true, or an object with maxEntries and maxAgeMs/],
    [{ cache: { size: 3 } }, /The option cache must be true, or an object with maxEntries and maxAgeMs/],
    [{ cache: { maxEntries: 0 } }, /The option cache must have whole numbers above 0/],
    [{ cache: { maxAgeMs: '5s' } }, /The option cache must have whole numbers above 0/],
    [{ cache: true, redis: cluster }, /The option cache does not work with a Redis Cluster/]
  ]
  for (const [options, message] of wrong) {
    const app = Fastify()
    const all = { ...optionsFor(google, 'http://127.0.0.1:3000/auth/return'), ...options } as GoogleAuthOptions
    await t.rejects(Promise.resolve(app.register(googleAuth, all)), { name: 'TypeError', message })
  }
  for (const cache of [false, true, { maxEntries: 10 }]) {
    const app = Fastify()
    await app.register(googleAuth, { ...optionsFor(google, 'http://127.0.0.1:3000/auth/return'), cache })
    await t.resolves(Promise.resolve(app.ready()), 'memory needs no cache')
    await app.close()
  }
})
