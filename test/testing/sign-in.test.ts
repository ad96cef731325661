import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth, type GoogleAuthOptions } from '../../src/index.js'
import { createBrowser, signIn } from '../../src/testing.js'
import { CALENDAR, DRIVE, SECRET, startRedisFor } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'
import { freePort } from '../support/redis.js'

const OPTIONS = {
  clientId: 'client',
  clientSecret: 'client-secret',
  redirectUri: 'http://localhost:3000/auth/return',
  secret: SECRET
}

interface Setup {
  options?: Partial<GoogleAuthOptions>
  before?: (app: FastifyInstance) => unknown
}

/** An app that has never seen Google, and cannot reach it. */
async function start(t: Test, { options = {}, before }: Setup = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await before?.(app)
  await app.register(googleAuth, { ...OPTIONS, ...options })
  const { required } = app.googleAuth
  app.get('/me', { onRequest: required() }, (request) => request.signedInUser)
  app.get('/calendar', { onRequest: required({ scopes: [CALENDAR] }) }, () => 'calendar')
  app.get('/token', async (request) => {
    const credentials = await app.googleAuth.storageFor(request.signedInUser.sub).get()
    return { accessToken: credentials?.accessToken, left: (credentials?.expiresAt ?? 0) - Date.now() }
  })
  return app
}

t.test('several users side by side, each with what was granted', async (t) => {
  const app = await start(t)
  const ada = await signIn(app, { scopes: [CALENDAR] })
  const grace = await signIn(app, { email: 'grace@navy.example', name: 'Grace Hopper', hostedDomain: 'navy.example' })
  t.match((await app.inject({ url: '/me', headers: ada.headers })).json(), {
    sub: /^\d{21}$/,
    email: 'ada@example.com',
    emailVerified: true,
    scopes: ['openid', 'email', 'profile', CALENDAR]
  })
  t.same((await app.inject({ url: '/me', headers: grace.headers })).json(), grace.user)
  t.match(grace.user, { email: 'grace@navy.example', name: 'Grace Hopper', hostedDomain: 'navy.example' })
  t.not(ada.user.sub, grace.user.sub)
  t.equal((await app.inject({ url: '/calendar', headers: ada.headers })).body, 'calendar')
  t.match((await app.inject({ url: '/calendar', headers: grace.headers })).json(), { missingScopes: [CALENDAR] })
  t.equal((await signIn(app)).user.sub, ada.user.sub, 'the same address is the same user')
  await app.googleAuth.signOutEverywhere(ada.user.sub)
  t.equal((await app.inject({ url: '/me', headers: ada.headers })).statusCode, 401)
  t.equal((await app.inject({ url: '/me', headers: grace.headers })).statusCode, 200)
})

t.test('credentials are stored: the given access token, for as long as asked', async (t) => {
  const app = await start(t, { options: { scopes: [DRIVE] } })
  const { headers, user } = await signIn(app, {
    sub: '77',
    accessToken: 'ya29.mine',
    refreshToken: '1//r',
    expiresIn: 60
  })
  const { accessToken, left } = (await app.inject({ url: '/token', headers })).json<{
    accessToken: string
    left: number
  }>()
  t.equal(accessToken, 'ya29.mine')
  t.ok(left > 0 && left <= 60_000)
  t.match(await app.googleAuth.status('77'), { state: 'active', hasRefreshToken: true, scopes: user.scopes })
  t.ok(user.scopes.includes(DRIVE), 'the scopes of the plugin are granted by default')
  const again = await signIn(app, { sub: '77', scopes: [], expiresIn: -1 })
  t.notOk(again.user.scopes.includes(DRIVE))
  t.match(await app.googleAuth.status('77'), { hasRefreshToken: false, scopes: again.user.scopes }, 'it replaces')
})

t.test('with Redis everything is sealed, and seen by another process', async (t) => {
  const redis = await startRedisFor(t)
  const [app, other] = [
    await start(t, { options: { redis: redis.url } }),
    await start(t, { options: { redis: redis.url } })
  ]
  const { headers, user } = await signIn(app, { accessToken: 'ya29.mine' })
  t.same((await other.inject({ url: '/me', headers })).json(), user)
  t.match((await other.inject({ url: '/token', headers })).json(), { accessToken: 'ya29.mine' })
  const client = redis.client()
  for (const key of await client.keys('*')) {
    const type = await client.type(key)
    t.notMatch(type === 'string' ? await client.get(key) : '', /ya29|ada@/, key)
  }
})

for (const secure of [false, true]) {
  t.test(`with the app's own @fastify/session, ${secure ? 'https only' : 'over http'}`, async (t) => {
    const app = await start(t, {
      options: { redirectUri: secure ? 'https://app.example/auth/return' : OPTIONS.redirectUri },
      async before(app) {
        await app.register(fastifyCookie)
        await app.register(fastifySession, { secret: SECRET, saveUninitialized: false, cookie: { secure } })
      }
    })
    const { headers, cookies, user } = await signIn(app)
    t.match(cookies, [{ name: 'sessionId', secure, domain: secure ? 'app.example' : 'localhost' }])
    t.same((await app.inject({ url: '/me', headers })).json(), user)
  })
}

t.test('a store of sessions of the app, and a prefix', async (t) => {
  const sessions = new Map<string, unknown>()
  const app = Fastify()
  t.teardown(() => app.close())
  let scope: FastifyInstance | undefined
  await app.register(
    async (inner) => {
      scope = inner
      await inner.register(googleAuth, {
        ...OPTIONS,
        redirectUri: 'http://localhost:3000/api/auth/return',
        session: {
          store: {
            set: (id, session, callback) => (sessions.set(id, session), callback()),
            get: (id, callback) => callback(null, (sessions.get(id) ?? null) as never),
            destroy: (id, callback) => (sessions.delete(id), callback())
          },
          cookie: { path: '/api/' }
        }
      })
      inner.get('/me', { onRequest: inner.googleAuth.required() }, (request) => request.googleUser)
    },
    { prefix: '/api' }
  )
  await t.rejects(signIn(app), { name: 'TypeError', message: /pass the app of that scope/ })
  const { headers, cookies, user } = await signIn(scope!)
  t.equal(sessions.size, 1)
  t.equal(cookies[0]?.path, '/api/')
  t.same((await app.inject({ url: '/api/me', headers })).json(), user)
})

t.test('connect mode: an account of an owner', async (t) => {
  const connected: unknown[] = []
  const app = await start(t, {
    options: {
      owner: (request) => String(request.headers['x-user'] ?? '') || null,
      onConnect: (_, event) => void connected.push(event)
    }
  })
  app.get('/accounts', (request) => request.googleAccounts())
  await t.rejects(signIn(app), { name: 'TypeError', message: /signIn\(app, \{ owner, account \}\)/ })
  const { user, cookies, headers } = await signIn(app, { owner: 'u-1', account: '42', scopes: [CALENDAR] })
  t.same([user.sub, cookies, headers], ['42', [], {}])
  await signIn(app, { owner: 'u-1', account: '43', email: 'ada@work.example' })
  await signIn(app, { owner: 'u-2', account: '42' })
  const accounts = await app.inject({ url: '/accounts', headers: { ...headers, 'x-user': 'u-1' } })
  t.match(accounts.json(), [
    { account: '42', email: 'ada@example.com', state: 'active' },
    { account: '43', email: 'ada@work.example' }
  ])
  t.equal((await app.inject({ url: '/calendar', headers: { 'x-user': 'u-1' } })).statusCode, 200)
  t.equal((await app.inject({ url: '/calendar', headers: { 'x-user': 'u-2' } })).statusCode, 403)
  t.match(connected, [{ owner: 'u-1', account: '42', firstConnect: true }, { account: '43' }, { owner: 'u-2' }])
})

t.test('onSignIn is asked, and can refuse', async (t) => {
  const asked: boolean[] = []
  const app = await start(t, {
    options: {
      onSignIn(_, { user, firstSignIn }) {
        asked.push(firstSignIn)
        if (user.email?.startsWith('eve')) throw new Error('not you')
      }
    }
  })
  await signIn(app)
  await signIn(app)
  t.same(asked, [true, false])
  await t.rejects(signIn(app, { email: 'eve@example.com' }), { message: 'not you' })
})

t.test('hostedDomain: the default user belongs to it, others are refused as at a sign-in', async (t) => {
  const app = await start(t, { options: { hostedDomain: ['work.example', 'other.example'] } })
  t.match((await signIn(app)).user, { hostedDomain: 'work.example', email: 'ada@work.example' })
  await t.rejects(signIn(app, { hostedDomain: 'evil.example' }), { code: 'GOOGLE_AUTH_HOSTED_DOMAIN' })
  const any = await start(t, { options: { hostedDomain: '*' } })
  t.match((await signIn(any)).user, { hostedDomain: 'example.com' })
})

t.test('what is wrong is said in words', async (t) => {
  const app = await start(t)
  await t.rejects(signIn(app, { mail: 'x' } as never), { name: 'TypeError', message: /no option mail/ })
  await t.rejects(signIn(app, { owner: 'u' }), { name: 'TypeError', message: /option owner/ })
  await t.rejects(signIn(app, { expiresIn: NaN }), { name: 'TypeError', message: /expiresIn/ })
  await t.rejects(signIn(Fastify()), { name: 'TypeError', message: /Register the plugin first/ })
  const closed = await start(t, {
    before: (app) => app.addHook('onRequest', async (_, reply) => reply.code(418).send('no'))
  })
  await t.rejects(signIn(closed), { message: /answered it with 418.*\/auth\/start|\/auth\/start.*418/ })
})

t.test('not in production, and not from outside', async (t) => {
  const app = await start(t)
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    await t.rejects(signIn(app), { message: /NODE_ENV is production/ })
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
  const pending = signIn(app)
  const guessed = await app.inject({ url: '/auth/start', headers: { 'x-google-auth-test': 'guessed' } })
  t.equal(guessed.statusCode, 302, 'a request of another hand goes to Google')
  await pending
})

t.test('Chromium takes the cookies', async (t) => {
  const port = await freePort()
  const app = await start(t, { options: { redirectUri: `http://localhost:${port}/auth/return` } })
  await app.listen({ port })
  const { cookies, user } = await signIn(app)
  const chromium = await launchBrowser(t)
  const context = await chromium.newContext()
  await context.addCookies(cookies)
  const page = await context.newPage()
  await page.goto(`http://localhost:${port}/me`)
  t.match(await page.textContent('body'), user.sub)
  const browser = createBrowser(app, { cookies })
  t.same((await browser.visit('/me')).json(), user, 'and so does the browser over inject')
})
