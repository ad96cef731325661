/** A session is bound to issuer, client, domain and its id. Its record in Redis can be neither read nor forged. */
import fastifyCookie from '@fastify/cookie'
import fastifySession, { MemoryStore } from '@fastify/session'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { redisKeys } from '../../../src/redis/keys.js'
import {
  ADA,
  demoRoutes,
  GRACE,
  KATHERINE,
  optionsFor,
  type Setup,
  startApp,
  startGoogle,
  startRedisFor
} from '../../support/app.js'

t.test('a narrower hostedDomain ends the sessions of others at once, a wider one ends none', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const store = new MemoryStore(new Map())
  const own = async (app: FastifyInstance): Promise<void> => {
    await app.register(fastifyCookie)
    await app.register(fastifySession, { secret: 'x'.repeat(40), store, cookie: { secure: false } })
  }
  for (const setup of [{}, { before: own }] as Setup[]) {
    const first = await startApp(t, google, { ...setup, options: { redis: redis.url } })
    const [ada, katherine] = [first.browser(), first.browser()]
    await ada.visit(google, '/me', ADA)
    await katherine.visit(google, '/me', KATHERINE)
    await first.app.close()
    for (const [hostedDomain, adas, katherines] of [
      ['workspace.example', 401, 200],
      [['other.example', 'WORKSPACE.example'], 401, 200],
      ['*', 401, 200],
      ['other.example', 401, 401],
      [undefined, 200, 200]
    ] as const) {
      const next = await startApp(t, google, {
        ...setup,
        port: first.port,
        options: { redis: redis.url, ...(hostedDomain && { hostedDomain }) }
      })
      const what = JSON.stringify(hostedDomain)
      t.equal((await ada.fetch('/me')).status, adas, `a consumer, ${what}`)
      t.equal((await katherine.fetch('/me')).status, katherines, `of the domain, ${what}`)
      await next.app.close()
    }
  }
})

t.test('a session of another client or issuer signs nobody in, and the next sign-in drops its data', async (t) => {
  const google = await startGoogle(t)
  const staging = await startGoogle(t)
  const redis = await startRedisFor(t)
  const store = new MemoryStore(new Map())
  const own = async (app: FastifyInstance): Promise<void> => {
    await app.register(fastifyCookie)
    await app.register(fastifySession, { secret: 'x'.repeat(40), store, cookie: { secure: false } })
  }
  const routes: Setup['routes'] = (app, google) => {
    demoRoutes(app, google)
    app.get('/write', (request) => (request.session.cart ??= [String(request.googleUser?.sub)]))
  }
  const cookieName = { session: { cookieName: 'google-auth-session' } }
  for (const setup of [{ options: cookieName }, { before: own }] as Setup[]) {
    const first = await startApp(t, google, { ...setup, routes, options: { ...setup.options, redis: redis.url } })
    const { port, origin } = first
    const ada = first.browser()
    await ada.visit(google, '/me', ADA)
    await ada.fetch('/write')
    await first.app.close()
    const redirectUri = `${origin}/auth/return`
    const otherClient = google.addClient({ redirectUris: [redirectUri], clientId: `client-of-${port}` })
    const others: [string, Setup['options']][] = [
      ['another client', { clientSecrets: google.clientSecretsOf(otherClient.clientId) }],
      ['another issuer', optionsFor(staging, redirectUri)]
    ]
    for (const [what, options] of others) {
      const provider = what === 'another issuer' ? staging : google
      provider.addRedirectUri(redirectUri)
      const next = await startApp(t, google, {
        ...setup,
        port,
        routes,
        options: { ...setup.options, redis: redis.url, ...options }
      })
      const tab = ada.copy()
      t.equal((await tab.fetch('/me')).status, 401, what)
      t.equal((await tab.visit(provider, '/me', GRACE)).json().sub, GRACE.sub)
      t.same((await tab.fetch('/write')).json(), [GRACE.sub], `${what}: the data of the other are gone`)
      await next.app.close()
    }
    const again = await startApp(t, google, { ...setup, port, routes, options: { ...setup.options, redis: redis.url } })
    if (setup.before === undefined)
      t.equal((await ada.fetch('/me')).status, 200, 'and the first client has lost nothing')
    await again.app.close()
  }
})

t.test('records in Redis are sealed to their session', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser, signedIn } = await startApp(t, google, {
    options: { redis: redis.url },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/write', (request) => (request.session.cart = ['a secret of the app']))
      app.get('/cart', (request) => request.session.cart ?? null)
    }
  })
  const [ada, grace] = [await signedIn(ADA), await signedIn(GRACE)]
  for (const each of [ada, grace]) await each.fetch('/write')
  const client = redis.client()
  const dump: string[] = []
  for (const key of await client.keys('*')) {
    const type = await client.type(key)
    if (type === 'string') dump.push((await client.getBuffer(key))?.toString('latin1') ?? '')
    else dump.push(JSON.stringify(await client.zrange(key, '0', '-1')))
  }
  t.notMatch(dump.join('\n'), /example\.com|Ada|Grace|a secret of the app|ya29|1\/\/0|signedInAt/)

  const keys = redisKeys([google.issuer, google.clientSecrets.web.client_id])
  const keyOf = (browser: typeof ada): string => keys.session(String(browser.sessionCookie?.value).split('.')[0] ?? '')
  const [adas, graces] = [await client.getBuffer(keyOf(ada)), await client.getBuffer(keyOf(grace))]
  const made = JSON.stringify({ googleAuth: { user: { sub: GRACE.sub, scopes: [], signedInAt: Date.now() } } })
  const firstPart = (record: Buffer): Buffer => record.subarray(0, 4 + record.readUInt32BE())
  const forgeries: [string, Buffer][] = [
    ['made up', Buffer.from(made)],
    ['empty', Buffer.alloc(0)],
    ['short', Buffer.from([0, 0])],
    ['a length beyond the end', Buffer.from([255, 255, 255, 255, 1])],
    ['of another session', graces!],
    ['half of another session', Buffer.concat([firstPart(graces!), adas!.subarray(firstPart(adas!).length)])],
    ['a changed byte', Buffer.from(adas!.map((byte, at) => (at === 60 ? byte ^ 1 : byte)))]
  ]
  for (const [what, record] of forgeries) {
    await client.set(keyOf(ada), record, 'PX', 60_000)
    t.equal((await ada.fetch('/me')).status, 401, what)
    t.not((await ada.copy().fetch('/')).status, 500, what)
  }
  await client.set(keyOf(ada), adas!, 'PX', 60_000)
  t.equal((await browser().fetch('/me')).status, 401)
  t.equal((await grace.fetch('/me')).json().sub, GRACE.sub)
})

t.test('a guard opens only the sign-in of a record', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await startApp(t, google, {
    options: { redis: redis.url },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/write', (request) => (request.session.cart = ['tea']))
      app.get('/cart', (request) => request.session.cart ?? null)
    }
  })
  const ada = await signedIn()
  await ada.fetch('/write')
  const client = redis.client()
  const keys = redisKeys([google.issuer, google.clientSecrets.web.client_id])
  const key = keys.session(String(ada.sessionCookie?.value).split('.')[0] ?? '')
  const record = await client.getBuffer(key)
  const withoutData = record!.subarray(0, 4 + record!.readUInt32BE())
  await client.set(key, Buffer.concat([withoutData, Buffer.from('does not open')]), 'PX', 60_000)
  t.equal((await ada.fetch('/me')).json().sub, ADA.sub)
  t.equal((await ada.fetch('/cart')).text, 'null', 'data that do not open are empty')
})
