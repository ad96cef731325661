/** Several clients on one Redis, several apps on one host, the plugin twice in one app, and places where it is refused. */
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { ADA, demoRoutes, GRACE, optionsFor, SECRET, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'

t.test('two clients on one Redis do not disturb each other', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const other = google.addClient({ redirectUris: [], clientId: 'other-client', project: 'other-project' })
  const one = await startApp(t, google, { options: { redis: redis.url } })
  const port = await freePort()
  const redirectUri = `http://127.0.0.1:${port}/auth/return`
  google.addRedirectUri(redirectUri, other.clientId)
  const two = await startApp(t, google, {
    port,
    options: { redis: redis.url, redirectUri, clientSecrets: google.clientSecretsOf(other.clientId) }
  })
  const [ada, adaThere] = [await one.signedIn(), await two.signedIn()]
  const tokens = await Promise.all([one, two].map(({ app }) => app.googleAuth.storageFor(ADA.sub).get()))
  t.ok(tokens[0]?.refreshToken && tokens[1]?.refreshToken)
  t.not(tokens[0]?.accessToken, tokens[1]?.accessToken, 'each has credentials of its own')
  await one.app.googleAuth.signOutEverywhere(ADA.sub)
  t.equal((await ada.fetch('/me')).status, 401)
  t.equal((await adaThere.fetch('/me')).status, 200, 'a sign-out at one ends no session of the other')
  await ada.visit(google, '/me', ADA)
  t.equal((await ada.submit('/auth/revoke')).status, 303)
  t.equal(await one.app.googleAuth.storageFor(ADA.sub).get(), null)
  t.equal((await two.app.googleAuth.storageFor(ADA.sub).get())?.refreshToken, tokens[1]?.refreshToken)
  t.equal((await adaThere.visit(google, '/events', ADA)).status, 200)
})

t.test('two apps on one host, on two ports', async (t) => {
  const google = await startGoogle(t)
  const [one, two] = [await startApp(t, google), await startApp(t, google)]
  const [first, second] = [one.browser(), new Browser(two.origin, two.port)]
  /** A browser sends cookies to all ports of a host: each app gets the cookies of the other. */
  const share = (from: Browser, to: Browser): void => {
    to.cookies.clear()
    for (const [name, cookie] of from.cookies) to.cookies.set(name, cookie)
  }
  await first.visit(google, '/me', ADA)
  share(first, second)
  await second.visit(google, '/me', GRACE)
  share(second, first)
  t.equal((await first.fetch('/me')).json().sub, ADA.sub)
  t.equal((await second.fetch('/me')).json().sub, GRACE.sub)
  const pending = await google.approve(await first.start('?return_to=/me'), ADA)
  for (let tab = 0; tab < 6; tab++) {
    share(first, second)
    await second.start()
    share(second, first)
  }
  t.equal((await first.navigate(pending.slice(first.origin.length))).location, '/me', 'no attempt was removed')
  share(first, second)
  await second.submit('/auth/signout')
  share(second, first)
  t.equal((await first.fetch('/me')).status, 200)
})

t.test('twice in one app: staff and customers', async (t) => {
  const google = await startGoogle(t)
  const customers = google.addClient({ redirectUris: [], clientId: 'customers', project: 'customers' })
  for (const sharedSession of [false, true]) {
    const port = await freePort()
    const origin = `http://127.0.0.1:${port}`
    const app = Fastify()
    t.teardown(() => app.close())
    if (sharedSession) {
      await app.register(fastifyCookie)
      await app.register(fastifySession, {
        secret: SECRET,
        cookieName: 'google-auth-session-shared',
        cookie: { secure: false }
      })
    }
    const instance = (base: string, clientSecrets: object) => async (scope: FastifyInstance) => {
      await scope.register(googleAuth, {
        ...optionsFor(google, `${origin}${base}/return`),
        clientSecrets,
        startPath: `${base}/start`,
        returnPath: `${base}/return`,
        signOutPath: `${base}/signout`,
        revokePath: `${base}/revoke`,
        defaultReturnTo: `${base}/me`
      })
      scope.get(`${base}/me`, { onRequest: scope.googleAuth.required() }, (request) => request.googleUser)
      scope.get(`${base}/open`, (request) => ({ user: request.googleUser }))
    }
    google.addRedirectUri(`${origin}/staff/return`)
    google.addRedirectUri(`${origin}/shop/return`, customers.clientId)
    await app.register(instance('/staff', google.clientSecrets))
    await app.register(instance('/shop', google.clientSecretsOf(customers.clientId)))
    await app.listen({ host: '127.0.0.1', port })
    const one = new Browser(origin, port)
    t.equal((await one.visit(google, '/staff/me', ADA)).json().sub, ADA.sub)
    t.equal((await one.fetch('/shop/me')).status, 401, 'a sign-in counts for its own client')
    t.equal((await one.visit(google, '/shop/me', GRACE)).json().sub, GRACE.sub)
    t.equal((await one.fetch('/staff/me')).json().sub, ADA.sub, 'both at once')
    t.equal((await one.fetch('/shop/open')).json().user.sub, GRACE.sub)
    await one.submit('/shop/revoke')
    t.equal((await one.fetch('/shop/me')).status, 401)
    if (!sharedSession) t.equal((await one.fetch('/staff/me')).status, 200, 'each has a session of its own')
  }
})

t.test('a place where it cannot work is refused with a message', async (t) => {
  const options = {
    clientId: 'client',
    clientSecret: 'hush-hush',
    redirectUri: 'https://app.example.com/auth/return',
    secret: SECRET
  }
  const errorOf = async (register: (app: FastifyInstance) => unknown): Promise<unknown> => {
    const app = Fastify()
    t.teardown(() => app.close())
    try {
      await register(app)
      await app.ready()
      return null
    } catch (error) {
      return error
    }
  }
  const typeError = (text: RegExp) => ({ name: 'TypeError', message: text })
  t.match(
    await errorOf(async (app) => {
      await app.register(googleAuth, options)
      await app.register(googleAuth, { ...options, startPath: '/other/start' })
    }),
    typeError(/registered already.*a scope of its own/)
  )
  t.match(
    await errorOf(async (app) => {
      await app.register(googleAuth, options)
      await app.register(async (scope) => scope.register(googleAuth, options))
    }),
    typeError(/registered already/)
  )
  const nested = (prefix: string, more: object = {}) =>
    errorOf((app) => app.register(async (scope) => scope.register(googleAuth, { ...options, ...more }), { prefix }))
  t.match(await nested('/api'), typeError(/redirectUri.*\/api\/auth\/return/))
  t.equal(await nested('/api', { redirectUri: 'https://app.example.com/api/auth/return' }), null)
  t.equal(await nested('/auth', { returnPath: '/return' }), null)
  t.match(
    await errorOf((app) => app.register(googleAuth, { ...options, prefix: '/api' } as never)),
    typeError(/prefix/)
  )
  t.match(
    await errorOf(async (app) => {
      app.decorateRequest('session', null as never)
      await app.register(googleAuth, options)
    }),
    typeError(/request\.session belongs to another plugin/)
  )
})

t.test('in a scope with a prefix, the routes are at the path of redirectUri', async (t) => {
  const google = await startGoogle(t)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  google.addRedirectUri(`${origin}/api/auth/return`)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(
    async (scope) => {
      await scope.register(googleAuth, {
        ...optionsFor(google, `${origin}/api/auth/return`),
        defaultReturnTo: '/api/me'
      })
      scope.get('/me', { onRequest: scope.googleAuth.required() }, (request) => request.googleUser)
    },
    { prefix: '/api' }
  )
  await app.listen({ host: '127.0.0.1', port })
  const one = new Browser(origin, port)
  t.equal((await one.visit(google, '/api/me', ADA)).json().sub, ADA.sub)
  t.equal((await one.submit('/api/auth/signout')).status, 303)
  t.equal((await one.fetch('/api/me')).json().authorizeUrl, '/api/auth/start?return_to=%2Fapi%2Fme')
})

t.test('the defaults of the app for cookies do not change those of the plugin', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, browser } = await startApp(t, google, {
    origin: 'https://app.example.com',
    before: (app) =>
      app.register(fastifyCookie, {
        parseOptions: { domain: 'example.com', path: '/elsewhere', maxAge: 1, secure: false }
      }),
    routes: demoRoutes
  })
  const ada = await signedIn()
  t.equal((await ada.fetch('/me')).status, 200)
  const one = browser()
  await one.start()
  for (const [name, { attributes }] of [...ada.cookies, ...one.cookies]) {
    t.match(name, /^__Host-google-auth-/)
    t.notOk('domain' in attributes, name)
    t.match(attributes, { path: '/', secure: '', httponly: '', samesite: 'Lax' }, name)
  }
})
