import { setTimeout as sleep } from 'node:timers/promises'
import fastifyCookie from '@fastify/cookie'
import fastifySession, { MemoryStore } from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { ADA, demoRoutes, GRACE, SECRET, startApp, startGoogle, startRedisFor } from '../../support/app.js'

declare module 'fastify' {
  interface Session {
    cart?: string[]
  }
}

t.test('the id changes at every sign-in, and no data are kept', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/cart', (request) => {
        request.session.cart = [...(request.session.cart ?? []), 'tea']
        return request.session.cart
      })
    }
  })
  const one = browser()
  t.same((await one.fetch('/cart')).json(), ['tea'])
  t.same((await one.fetch('/cart')).json(), ['tea', 'tea'])
  const planted = one.copy('session')
  const ids = [one.session]
  for (let round = 0; round < 3; round++) {
    const old = one.copy('session')
    await one.visit(google, '/auth/start?return_to=/me', ADA)
    t.notOk(ids.includes(one.session), `a new id, round ${round}`)
    ids.push(one.session)
    t.equal((await old.fetch('/me')).status, 401, 'the old one has ended at once')
  }
  t.same((await one.fetch('/cart')).json(), ['tea'], 'what was in the session is gone')
  t.equal((await planted.fetch('/me')).status, 401, 'the browser that planted the session is not signed in')
})

t.test('a hook before the plugin sees nobody, and disturbs nothing', async (t) => {
  const google = await startGoogle(t)
  const seen: unknown[] = []
  const { browser } = await startApp(t, google, {
    before(app) {
      app.addHook('onRequest', async (request) => void seen.push(request.session, request.googleUser))
    },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/cart', (request) => (request.session.cart = [...(request.session.cart ?? []), 'tea']))
    }
  })
  const one = browser()
  t.same((await one.fetch('/cart')).json(), ['tea'])
  t.same((await one.fetch('/cart')).json(), ['tea', 'tea'])
  await one.visit(google, '/auth/start?return_to=/me', ADA)
  t.equal((await one.fetch('/me')).json().sub, ADA.sub)
  t.same(new Set(seen), new Set([null]))
})

t.test('a failed sign-in does not change the session', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  const ada = await signedIn()
  const before = ada.session
  await ada.visit(google, '/auth/start?prompt=consent', { ...ADA, cancel: true })
  google.failNext('token', { status: 400, body: { error: 'invalid_grant' } })
  await ada.visit(google, '/auth/start', ADA)
  t.equal(ada.session, before)
  t.equal((await ada.fetch('/me')).json().sub, ADA.sub)
})

t.test('the cookie', async (t) => {
  const google = await startGoogle(t)
  t.test('over http on loopback', async (t) => {
    const { signedIn } = await startApp(t, google)
    const ada = await signedIn()
    const cookie = ada.sessionCookie
    t.match(cookie?.attributes, { path: '/', httponly: '', samesite: 'Lax' })
    t.notOk('secure' in cookie!.attributes)
    const days = (Date.parse(cookie!.attributes['expires']!) - Date.now()) / 86_400_000
    t.ok(days > 13.9 && days <= 14.1, `${days} days`)
  })
  t.test('over https, behind a proxy that ends TLS, without trustProxy', async (t) => {
    const { signedIn } = await startApp(t, google, { origin: 'https://app.example.com' })
    const ada = await signedIn()
    t.match(ada.cookieNames('session'), [/^__Host-/])
    for (const [name, { attributes }] of ada.cookies)
      t.match(attributes, { path: '/', httponly: '', samesite: 'Lax', secure: '' }, name)
    t.equal((await ada.fetch('/me')).json().sub, ADA.sub, 'the session is saved')
    const attempt = ada.copy()
    await attempt.start()
    for (const name of attempt.cookieNames('attempt')) t.match(name, /^__Host-/)
    const copied = ada.copy()
    t.equal((await ada.submit('/auth/signout')).status, 303)
    t.equal(ada.session, undefined, 'and cleared')
    t.equal((await copied.fetch('/me')).status, 401)
  })
  t.test('with options', async (t) => {
    const { signedIn } = await startApp(t, google, {
      options: { session: { cookieName: 'sid', cookie: { maxAge: 60_000, sameSite: 'strict' } } }
    })
    const ada = await signedIn().catch((error: unknown) => error)
    t.match(ada, /not signed in/, 'under another name')
  })
})

t.test('changed options count for old sessions', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const first = await startApp(t, google, { options: { redis: redis.url } })
  const ada = await first.signedIn()
  await first.app.close()
  const second = await startApp(t, google, {
    port: first.port,
    options: { redis: redis.url, session: { cookie: { maxAge: 60_000, sameSite: 'strict' } } }
  })
  t.equal((await ada.fetch('/me')).status, 200)
  await ada.visit(google, '/auth/start', ADA)
  t.equal(ada.sessionCookie?.attributes['samesite'], 'Strict')
  t.ok(second)
  const ttls = await Promise.all((await redis.client().keys('*:session:*')).map((key) => redis.client().pttl(key)))
  t.ok(
    ttls.some((ttl) => ttl > 50_000 && ttl <= 60_000),
    `a minute: ${ttls.join()}`
  )
})

t.test('changed and swapped cookies open no session', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, browser } = await startApp(t, google)
  const [ada, grace] = [await signedIn(ADA), await signedIn(GRACE)]
  const [id = '', mac = ''] = (ada.sessionCookie?.value ?? '').split('.')
  const [otherId = '', otherMac = ''] = (grace.sessionCookie?.value ?? '').split('.')
  const values = [
    `${id}.${otherMac}`,
    `${otherId}.${mac}`,
    id,
    `${id}.`,
    `.${mac}`,
    `${id.slice(1)}.${mac}`,
    `${id}.${mac}`.toUpperCase(),
    `${id}.${mac}x`,
    '',
    'x'.repeat(4_000),
    '%00',
    '__proto__',
    decodeURIComponent(id) + '.' + 'A'.repeat(43)
  ]
  for (const value of values) {
    const forger = browser()
    forger.cookies.set(ada.sessionCookie!.name, { value, attributes: {} })
    const reply = await forger.fetch('/me')
    t.equal(reply.status, 401, value.slice(0, 20))
    t.equal((await forger.fetch('/')).json().user, null)
  }
  const twice = await browser().fetch('/me', {
    headers: { cookie: `${ada.sessionCookie!.name}=x; ${ada.session!}` }
  })
  t.ok([200, 401].includes(twice.status))
  t.equal((await ada.fetch('/me')).json().sub, ADA.sub, 'the user is still signed in')
  t.equal((await grace.fetch('/me')).json().sub, GRACE.sub)
})

t.test('a rotation of the secret signs nobody out', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const routes = (app: FastifyInstance): void => {
    demoRoutes(app, google)
    app.get('/cart', (request) => (request.session.cart ??= ['tea']))
    app.get('/look', (request) => request.session.cart ?? null)
  }
  const start = (secret: string[], port?: number) =>
    startApp(t, google, { ...(port ? { port } : {}), routes, options: { redis: redis.url, secret } })
  const [old, fresh] = [SECRET, `${SECRET} fresh`]
  const first = await start([old])
  const [ada, late, stranger] = [await first.signedIn(), await first.signedIn(), first.browser()]
  t.same((await stranger.fetch('/cart')).json(), ['tea'])
  await first.app.close()

  const second = await start([fresh, old], first.port)
  const before = ada.session
  for (const round of [1, 2, 3]) t.equal((await ada.fetch('/me')).json().sub, ADA.sub, `request ${round}`)
  t.not(ada.session, before, 'signed again')
  t.equal((await ada.visit(google, '/events', ADA)).status, 200, 'credentials open')
  for (const round of [1, 2])
    t.same((await stranger.fetch('/look')).json(), ['tea'], `an anonymous session keeps the cart, ${round}`)
  const copied = late.copy()
  await Promise.all([1, 2, 3].map(() => late.copy().fetch('/me'))).then((replies) => {
    for (const reply of replies) t.equal(reply.status, 200, 'several at once')
  })
  await second.app.close()

  await start([fresh], first.port)
  t.equal((await ada.fetch('/me')).json().sub, ADA.sub, 'the old secret is not needed any more')
  t.equal((await copied.fetch('/me')).status, 401, 'a cookie that was not signed again has ended')
  t.equal((await copied.navigate('/')).status, 200)
})

t.test('after a rotation, users stay signed in although Redis is full', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const fresh = [`${SECRET} fresh`, SECRET]
  const ownSessions = async (app: FastifyInstance): Promise<void> => {
    await app.register(fastifyCookie)
    await app.register(fastifySession, {
      secret: 'x'.repeat(40),
      cookieName: 'google-auth-session-own',
      store,
      cookie: { secure: false }
    })
  }
  const store = new MemoryStore(new Map())
  for (const [kind, before] of Object.entries({ ours: () => undefined, 'registered by the app': ownSessions })) {
    const first = await startApp(t, google, { before, options: { redis: redis.url } })
    const ada = await first.signedIn()
    await first.app.close()
    const second = await startApp(t, google, {
      before,
      port: first.port,
      options: { redis: redis.url, secret: fresh }
    })
    await redis.client().config('SET', 'maxmemory', '1')
    t.equal((await ada.fetch('/me')).status, 200, kind)
    t.match(second.log.join(''), 'could not be sealed again')
    await redis.client().config('SET', 'maxmemory', '0')
    t.equal((await ada.fetch('/me')).status, 200)
    await second.app.close()
    await startApp(t, google, { before, port: first.port, options: { redis: redis.url, secret: fresh.slice(0, 1) } })
    t.equal((await ada.fetch('/me')).status, 200, `${kind}: it was sealed again later`)
  }
})

t.test('data that the app removes from a session are gone', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { browser } = await startApp(t, google, {
      options,
      routes(app) {
        app.get('/cart', (request) => (request.session.cart ??= ['tea']))
        app.get('/empty', (request) => delete request.session.cart)
        app.get('/look', (request) => request.session.cart ?? null)
      }
    })
    const one = browser()
    await one.fetch('/cart')
    t.same((await one.fetch('/look')).json(), ['tea'])
    await one.fetch('/empty')
    t.same((await one.fetch('/look')).json(), null)
  }
})

t.test('a slow parallel request does not undo a sign-out', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { signedIn } = await startApp(t, google, {
      options: { ...options, session: { rolling: true } },
      routes(app, google) {
        demoRoutes(app, google)
        app.get('/slow', async (request) => {
          await sleep(300)
          request.session.cart = ['late']
          return 'done'
        })
      }
    })
    const ada = await signedIn()
    const copied = ada.copy()
    const slow = copied.fetch('/slow')
    await sleep(100)
    t.equal((await ada.submit('/auth/signout')).status, 303)
    t.equal((await slow).status, 200)
    t.equal((await copied.fetch('/me')).status, 401)
  }
})

t.test('slow requests of the old session during a sign-in', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/slow', async (request) => {
        request.session.cart = ['early']
        await sleep(300)
        return 'done'
      })
    }
  })
  const one = browser()
  await one.fetch('/slow')
  const old = one.copy()
  const slow = old.fetch('/slow')
  await one.visit(google, '/auth/start', ADA)
  await slow
  t.equal((await old.fetch('/')).json().user, null)
  t.equal((await one.fetch('/me')).status, 200)
})

t.test("the app's own @fastify/cookie", async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google, {
    before: (app) => app.register(fastifyCookie, { secret: 'its own' })
  })
  t.equal((await (await signedIn()).fetch('/me')).status, 200)
})

t.test("the app's own @fastify/session, with its own store", async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const store = new MemoryStore(new Map())
    const { browser, app } = await startApp(t, google, {
      options,
      async before(app) {
        await app.register(fastifyCookie)
        await app.register(fastifySession, {
          secret: 'x'.repeat(40),
          cookieName: 'own',
          store,
          cookie: { secure: false }
        })
      },
      routes(app, google) {
        demoRoutes(app, google)
        app.get('/cart', (request) => (request.session.cart ??= ['tea']))
      }
    })
    const [one, other] = [browser(), browser()]
    await one.fetch('/cart')
    const planted = one.copy()
    for (const each of [one, other]) t.equal((await each.visit(google, '/me', ADA)).json().sub, ADA.sub)
    t.equal((await planted.fetch('/me')).status, 401, 'a new id')
    t.same(one.cookieNames('google-auth-session'), [], 'no second session')
    const copied = one.copy()
    t.equal((await one.submit('/auth/signout')).status, 303)
    t.equal((await copied.fetch('/me')).status, 401, 'signed out')
    t.equal((await one.fetch('/me')).status, 401)
    t.equal((await other.fetch('/me')).status, 200, 'the other browser is not')
    await app.googleAuth.signOutEverywhere(ADA.sub)
    t.equal((await other.fetch('/me')).status, 401, 'until everywhere')
    t.equal((await one.visit(google, '/me', ADA)).status, 200, 'and back again')
    t.equal((await one.submit('/auth/revoke')).status, 303)
    t.equal((await one.fetch('/me')).status, 401)
    t.equal(await app.googleAuth.storageFor(ADA.sub).get(), null)
  }
})
