/** A sign-out is final, even if a session was renewed, moved or written back. */
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import fastifyCookie from '@fastify/cookie'
import fastifySession, { MemoryStore } from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { ADA, demoRoutes, SECRET, type Setup, startApp, startGoogle, startRedisFor } from '../../support/app.js'

declare module 'fastify' {
  interface Session {
    cart?: string[]
  }
}

/** Sessions that the app registers, with the defaults `rolling` and `saveUninitialized`. */
const ownSessions =
  (options: object = {}) =>
  async (app: FastifyInstance): Promise<void> => {
    await app.register(fastifyCookie)
    await app.register(fastifySession, {
      secret: 'x'.repeat(40),
      cookieName: 'google-auth-session-own',
      store: new MemoryStore(new Map()),
      cookie: { secure: false },
      ...options
    })
  }

/** All kinds of sessions. */
async function kindsOf(t: Test): Promise<Record<string, Setup>> {
  const redis = await startRedisFor(t)
  return {
    'in memory': {},
    'in Redis': { options: { redis: redis.url } },
    'rolling, in Redis': { options: { redis: redis.url, session: { rolling: true } } },
    'in a store of the app': { options: { session: { store: new MemoryStore(new Map()) } } },
    'registered by the app': { before: ownSessions() },
    'registered by the app, sign-ins in Redis': { before: ownSessions(), options: { redis: redis.url } }
  }
}

function routes(app: FastifyInstance, google: Parameters<typeof demoRoutes>[1]): void {
  demoRoutes(app, google)
  app.get('/write', (request) => {
    request.session.cart = [...(request.session.cart ?? []), 'tea']
    return request.session.cart
  })
  app.get('/renamed', async (request) => {
    await request.session.regenerate(['googleAuth', 'cart'])
    return request.googleUser
  })
  app.get('/late', async (request) => {
    const { slow } = request.query as { slow?: string }
    request.session.cart ??= []
    await sleep(300)
    if (slow === 'renamed') await request.session.regenerate(['googleAuth'])
    request.session.cart = ['late']
    return 'done'
  })
}

t.test('sessions are renewed, sign-ins end', async (t) => {
  const { now } = Date
  let later = 0
  Date.now = () => now() + later
  t.teardown(() => void (Date.now = now))
  const google = await startGoogle(t)
  const minutes = (count: number): number => count * 60_000
  for (const [kind, setup] of Object.entries({
    'in memory': { options: { session: { cookie: { maxAge: minutes(10) } } } },
    'registered by the app, rolling': { before: ownSessions({ cookie: { secure: false, maxAge: minutes(10) } }) }
  })) {
    later = 0
    const { app, signedIn } = await startApp(t, google, { ...setup, routes })
    const ada = await signedIn()
    for (let round = 1; round <= 4; round++) {
      later = minutes(6 * round)
      await ada.fetch('/write')
    }
    t.equal((await ada.fetch('/me')).status, 200, `${kind}: use renews the session`)
    await app.googleAuth.signOutEverywhere(ADA.sub)
    t.equal((await ada.fetch('/me')).status, 401, `${kind}: and it can still be ended`)
  }

  for (const [kind, setup] of Object.entries({ 'in memory': {}, 'registered by the app': { before: ownSessions() } })) {
    later = 0
    const { signedIn } = await startApp(t, google, {
      routes,
      ...setup,
      options: { signInLifetime: 3600, session: { cookie: { maxAge: minutes(50) } } }
    })
    const ada = await signedIn()
    await ada.fetch('/write')
    later = minutes(40)
    await ada.fetch('/write')
    t.equal((await ada.fetch('/me')).status, 200, `${kind}: within its lifetime`)
    later = minutes(59)
    await ada.fetch('/write')
    later = minutes(61)
    t.equal((await ada.fetch('/me')).status, 401, `${kind}: a sign-in has an absolute end`)
    t.equal((await ada.fetch('/')).json().user, null)
    t.same((await ada.fetch('/write')).json().length, 4, `${kind}: the data of the app are still there`)
    await ada.visit(google, '/auth/start', ADA)
    t.same((await ada.fetch('/write')).json(), ['tea'], `${kind}: and are dropped at the next sign-in`)
  }
})

t.test('a session that was signed and sealed again after a rotation can be ended', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const first = await startApp(t, google, { routes, options: { redis: redis.url } })
  const ada = await first.signedIn()
  await ada.fetch('/write')
  await first.app.close()
  const fresh = `${SECRET} fresh`
  const second = await startApp(t, google, {
    routes,
    port: first.port,
    options: { redis: redis.url, secret: [fresh, SECRET] }
  })
  const before = ada.session
  t.same((await ada.fetch('/me')).json().sub, ADA.sub)
  t.not(ada.session, before, 'signed again')
  t.same((await ada.fetch('/write')).json(), ['tea', 'tea'], 'the data of the app are sealed again too')
  await second.app.googleAuth.signOutEverywhere(ADA.sub)
  t.equal((await ada.fetch('/me')).status, 401)
})

t.test('a slow request that seals a session again loses no write of another', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const first = await startApp(t, google, { routes, options: { redis: redis.url } })
  const ada = await first.signedIn()
  await first.app.close()
  const [arrived, released] = [new EventEmitter(), new EventEmitter()]
  await startApp(t, google, {
    port: first.port,
    options: { redis: redis.url, secret: [`${SECRET} fresh`, SECRET] },
    routes(app, google) {
      routes(app, google)
      app.get('/slow', async () => {
        const waiting = once(released, 'now')
        arrived.emit('now')
        await waiting
        return 'done'
      })
    }
  })
  const slow = Promise.all([once(arrived, 'now'), ada.copy().fetch('/slow')])
  await once(arrived, 'now')
  await ada.fetch('/write')
  released.emit('now')
  await slow
  t.same((await ada.fetch('/write')).json(), ['tea', 'tea'])
})

t.test('a session can be ended after the app changed its id', async (t) => {
  const google = await startGoogle(t)
  for (const [kind, setup] of Object.entries(await kindsOf(t))) {
    const { app, signedIn } = await startApp(t, google, { ...setup, routes })
    const [ada, other, third] = [await signedIn(), await signedIn(), await signedIn()]
    for (const each of [ada, other, third]) {
      const before = each.session
      t.equal((await each.fetch('/renamed')).json().sub, ADA.sub, `${kind}: the user stays signed in`)
      t.not(each.session, before)
      t.equal((await each.fetch('/renamed')).json().sub, ADA.sub, `${kind}: twice`)
    }
    const copied = other.copy()
    t.equal((await other.submit('/auth/signout')).status, 303)
    t.equal((await copied.fetch('/me')).status, 401, `${kind}: signing out ends it`)
    t.equal((await ada.fetch('/me')).status, 200, `${kind}: and no other`)
    await app.googleAuth.signOutEverywhere(ADA.sub)
    for (const each of [ada, third]) t.equal((await each.fetch('/me')).status, 401, `${kind}: signing out everywhere`)
  }
})

t.test('a session can be ended after two requests changed its id at the same time', async (t) => {
  const google = await startGoogle(t)
  for (const [kind, setup] of Object.entries(await kindsOf(t))) {
    const { app, signedIn } = await startApp(t, google, { ...setup, routes })
    for (const [how, end] of [
      ['signed out', (ada: Awaited<ReturnType<typeof signedIn>>) => ada.submit('/auth/signout')],
      ['signed out everywhere', () => app.googleAuth.signOutEverywhere(ADA.sub)],
      ['revoked', () => app.googleAuth.revoke(ADA.sub)]
    ] as const) {
      const first = await signedIn()
      const second = first.copy()
      await Promise.all([first.fetch('/late?slow=renamed'), second.fetch('/late?slow=renamed')])
      const live = []
      for (const one of [first, second]) if ((await one.copy().fetch('/me')).status === 200) live.push(one)
      t.ok(live.length > 0, `${kind}: the user stays signed in`)
      for (const one of live.slice(-1)) await end(one)
      for (const one of [first, second]) t.equal((await one.fetch('/me')).status, 401, `${kind}, ${how}`)
    }
  }
})

t.test('a slow request does not restore an ended session', async (t) => {
  const google = await startGoogle(t)
  for (const [kind, setup] of Object.entries(await kindsOf(t))) {
    const { app, signedIn } = await startApp(t, google, { ...setup, routes })
    for (const path of ['/late', '/late?slow=renamed']) {
      for (const [how, end] of [
        ['signed out', (ada: Awaited<ReturnType<typeof signedIn>>) => ada.submit('/auth/signout')],
        ['signed out everywhere', () => app.googleAuth.signOutEverywhere(ADA.sub)],
        ['revoked', () => app.googleAuth.revoke(ADA.sub)]
      ] as const) {
        const ada = await signedIn()
        const slowly = ada.copy()
        const slow = slowly.fetch(path)
        await sleep(100)
        await end(ada)
        t.equal((await slow).status, 200)
        t.equal((await slowly.fetch('/me')).status, 401, `${kind}, ${path}, ${how}`)
        t.equal((await ada.fetch('/me')).status, 401)
      }
    }
  }
})

t.test('a sign-out without a session writes nothing to Redis', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser, signedIn } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = await signedIn()
  const old = ada.copy()
  await ada.submit('/auth/signout')
  const client = redis.client()
  const before = await client.dbsize()
  for (let times = 0; times < 50; times++) {
    t.equal((await browser().submit('/auth/signout')).status, 303)
    t.equal((await old.copy().submit('/auth/signout')).status, 303)
  }
  t.equal(await client.dbsize(), before)
})

t.test('after a revocation in another tab', async (t) => {
  const google = await startGoogle(t)
  const { app, signedIn } = await startApp(t, google, {
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/call', { onRequest: app.googleAuth.required() }, async (request) => {
        await sleep(300)
        const answer = await request.googleClient.fetch(`${google.apiOrigin}/calendar/v3/calendars/primary/events`)
        return { status: answer.status }
      })
    }
  })
  const ada = await signedIn()
  const tab = ada.copy()
  google.resetCounts()
  const underWay = tab.fetch('/call')
  await sleep(100)
  t.equal((await ada.submit('/auth/revoke')).status, 303)
  t.match((await underWay).json(), { statusCode: 401, code: 'GOOGLE_AUTH_GRANT_LOST' })
  t.equal(google.count('api'), 0, 'a call that has begun is not sent')
  t.equal((await tab.fetch('/')).json().user, null)
  t.equal(await app.googleAuth.storageFor(ADA.sub).get(), null)
})
