/** `required({ bearer: true })`: ID tokens of Google as bearer tokens. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import type { CredentialRequest, GoogleEmulator } from '../../../src/emulator.js'
import { googleAuth, type GoogleAuthOptions } from '../../../src/index.js'
import {
  ADA,
  CALENDAR,
  EVENTS_PATH,
  GRACE,
  KATHERINE,
  optionsFor,
  SECRET,
  startApp,
  startGoogle,
  startRedisFor,
  type Setup,
  type TestApp
} from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'
import type { Browser, Reply } from '../../support/jar.js'
import { commandsDuring } from '../../support/redis.js'

function demoRoutes(app: FastifyInstance, google: GoogleEmulator): void {
  const { required } = app.googleAuth
  app.get('/me', { onRequest: required() }, (request) => request.googleUser)
  app.get('/api', { onRequest: required({ bearer: true }) }, (request) => request.googleUser)
  app.get('/job', { onRequest: required({ bearer: true, emails: [ADA.email] }) }, (request) => request.googleUser)
  app.get('/scoped', { onRequest: required({ bearer: true, scopes: [CALENDAR] }) }, async (request) => {
    const { status } = await request.googleClient.fetch(google.apiOrigin + EVENTS_PATH)
    return { status, user: request.googleClient.user }
  })
  app.get('/young', { onRequest: required({ bearer: true, signedInWithin: 60 }) }, () => 'young')
}

async function start(
  t: Test,
  google: GoogleEmulator,
  options: Partial<GoogleAuthOptions> = {},
  { routes = demoRoutes, ...setup }: Omit<Setup, 'options'> = {}
): Promise<TestApp> {
  return startApp(t, google, { options: { bearer: true, ...options }, routes, ...setup })
}

const withToken = (browser: Browser, path: string, token: string, scheme = 'Bearer'): Promise<Reply> =>
  browser.fetch(path, { headers: { authorization: `${scheme} ${token}` } })

t.test('the user of a token', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await start(t, google)
  const token = await google.credential(ADA.sub)
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const { status, text } = await withToken(browser(), '/api', token, scheme)
    t.equal(status, 200, scheme)
    t.match(JSON.parse(text), { sub: ADA.sub, email: ADA.email })
  }
  t.equal((await withToken(browser(), '/api', token)).status, 200, 'as often as it lives')
  t.match((await (await signedIn(GRACE)).fetch('/api')).json(), { sub: GRACE.sub }, 'a session counts, too')
  const grace = await signedIn(GRACE)
  t.match((await withToken(grace, '/api', token)).json(), { sub: ADA.sub }, 'beside a token no cookie counts')
  t.equal((await withToken(grace, '/api', 'wrong')).status, 401)
  t.match((await withToken(grace, '/api', token, 'Basic')).json(), { sub: GRACE.sub }, 'another scheme is no token')
  t.equal((await withToken(browser(), '/me', token)).status, 401, 'a route that takes none')
  t.match((await withToken(grace, '/me', token)).json(), { sub: GRACE.sub })
})

t.test('what is refused, and how', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await start(t, google)
  const refused = async (name: string, reply: Promise<Reply>, status: number, challenge?: string): Promise<void> => {
    const { status: is, headers, text } = await reply
    t.equal(is, status, `${name}: ${text}`)
    t.equal(headers['www-authenticate'], challenge, name)
    t.match(headers['content-type'], 'application/json', name)
    t.match(headers['cache-control'], 'no-store', name)
  }
  const INVALID = 'Bearer error="invalid_token"'
  const asked = async (request: CredentialRequest): Promise<Reply> =>
    withToken(browser(), '/api', await google.credential(ADA.sub, request))
  await refused('nothing', browser().fetch('/api'), 401, 'Bearer')
  await refused('a page visit is not redirected', browser().navigate('/api'), 401, 'Bearer')
  await refused('no token', browser().fetch('/api', { headers: { authorization: 'Bearer' } }), 401, INVALID)
  await refused('nonsense', withToken(browser(), '/api', 'nonsense'), 401, INVALID)
  await refused('another audience', asked({ audience: 'https://other.example' }), 401, INVALID)
  await refused('expired', asked({ issuedAt: Date.now() - 7_200_000 }), 401, INVALID)
  await refused('another address', withToken(browser(), '/job', await google.credential(GRACE.sub)), 403)
  await refused(
    'too old',
    withToken(browser(), '/young', await google.credential(ADA.sub, { issuedAt: Date.now() - 90_000 })),
    403
  )
  t.equal((await withToken(browser(), '/young', await google.credential(ADA.sub))).status, 200)
  await refused(
    'no scopes',
    withToken(browser(), '/scoped', await google.credential(GRACE.sub)),
    403,
    `Bearer error="insufficient_scope", scope="${CALENDAR}"`
  )
  const end = google.tamper({ idToken: (claims) => void Object.assign(claims, { events: {} }) })
  await refused('a security event', asked({}), 401, INVALID)
  end()
  t.equal((await asked({ authorizedParty: 'an-android-client' })).status, 200)
})

t.test('a refusal says what was wrong and what was expected, to the caller and in the log', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await start(t, google)
  const clientId = google.clientSecrets.web.client_id
  const refusals: [path: string, token: string, message: string][] = [
    [
      '/api',
      await google.credential(ADA.sub, { audience: 'https://other.example/' }),
      `The ID token was refused: mismatch (aud). It is for https://other.example/, not for ${clientId}.`
    ],
    [
      '/job',
      await google.credential(GRACE.sub),
      `${GRACE.email} is not among those whom this route lets in. Add it to emails or hostedDomain of the guard.`
    ]
  ]
  for (const [path, token, message] of refusals) {
    t.match((await withToken(browser(), path, token)).json(), { message })
    const line = log.find((one) => one.includes('google-auth.bearer-refused') && one.includes(message))
    t.ok(line, message)
    t.notMatch(line, token)
  }
  const end = google.tamper({ idToken: (claims) => void Object.assign(claims, { email_verified: false }) })
  const answer = await withToken(browser(), '/job', await google.credential(ADA.sub))
  t.match(answer.json(), { message: /holds no verified address.*includeEmail/ })
  end()
})

t.test('what is stored for the user of a token', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await start(t, google)
  const ada = await signedIn()
  await ada.visit(google, `/auth/start?scope=${encodeURIComponent(CALENDAR)}`, ADA)
  const answer = await withToken(browser(), '/scoped', await google.credential(ADA.sub))
  t.match(answer.json(), { status: 200, user: ADA.sub })
  google.revokeGrant(ADA.sub)
  const lost = await withToken(browser(), '/scoped', await google.credential(ADA.sub))
  t.equal(lost.status, 401)
  t.match(lost.json(), { code: 'GOOGLE_AUTH_GRANT_LOST' })
})

t.test('audiences, domains and lists', async (t) => {
  const google = await startGoogle(t)
  const audiences = ['https://api.example.com', 'another']
  const { browser } = await start(t, google, { bearer: { audiences }, hostedDomain: 'workspace.example' })
  const status = async (user: { sub: string }, audience: string | undefined, path = '/api'): Promise<number> =>
    (await withToken(browser(), path, await google.credential(user.sub, { audience }))).status
  t.equal(await status(KATHERINE, audiences[0]), 200)
  t.equal(await status(KATHERINE, audiences[1]), 200)
  t.equal(await status(KATHERINE, undefined), 401, 'the client is not in the list')
  t.equal(await status(ADA, audiences[0]), 403, 'the domain holds here, too')
  t.equal(await status(ADA, audiences[0], '/job'), 200, 'a list of addresses decides alone')
  t.equal(await status(KATHERINE, audiences[0], '/job'), 403)
  const end = google.tamper({ idToken: (claims) => void Object.assign(claims, { email_verified: false }) })
  t.equal(await status(ADA, audiences[0], '/job'), 403, 'an address that nobody has verified')
  end()
})

t.test('no session is read or written, and wrong tokens cost nothing', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await start(t, google, { redis: redis.url })
  const ada = await signedIn()
  const token = await google.credential(ADA.sub)
  t.same(await commandsDuring(redis, () => withToken(ada, '/api', token)), {})
  const forged = `${token.slice(0, token.lastIndexOf('.'))}.AAAA`
  google.resetCounts()
  await withToken(ada, '/api', token)
  const flood = async (): Promise<void> => {
    const replies = await flooding()
    t.same([...new Set(replies.map(({ status }) => status))], [401])
  }
  const flooding = (): Promise<Reply[]> =>
    Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        withToken(ada, '/api', at % 2 === 0 ? forged : 'eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.e30.x')
      )
    )
  t.same(await commandsDuring(redis, flood), {})
  t.equal(google.count('jwks'), 1, 'one look for new keys')
  t.equal((await ada.fetch('/me')).status, 200, 'still signed in')
})

t.test('several guards of one route all judge the user of a token', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await start(
    t,
    google,
    {},
    {
      async routes(app) {
        const { required } = app.googleAuth
        const bearer = required({ bearer: true })
        for (const [name, more] of Object.entries({
          scopes: { scopes: [CALENDAR] },
          emails: { emails: [GRACE.email] },
          young: { signedInWithin: 60 },
          nothing: {}
        })) {
          app.get(`/${name}-last`, { onRequest: [bearer, required(more)] }, () => 'passed')
          app.get(`/${name}-first`, { onRequest: [required(more), bearer] }, () => 'passed')
        }
        await app.register(async (scope) => {
          scope.addHook('onRequest', required({ emails: [GRACE.email] }))
          scope.get('/scope', { onRequest: bearer }, () => 'passed')
        })
      }
    }
  )
  const token = await google.credential(ADA.sub, { issuedAt: Date.now() - 90_000 })
  for (const order of ['first', 'last']) {
    for (const name of ['scopes', 'emails', 'young'])
      t.equal((await withToken(browser(), `/${name}-${order}`, token)).status, 403, `${name} ${order}`)
    t.equal((await withToken(browser(), `/nothing-${order}`, token)).status, 200, order)
    t.equal((await withToken(browser(), `/nothing-${order}`, 'wrong')).status, 401, order)
    t.equal((await browser().navigate(`/nothing-${order}`)).status, 401, `no redirect, ${order}`)
  }
  t.equal((await withToken(browser(), '/scope', token)).status, 403)
  t.equal((await withToken(browser(), '/scope', await google.credential(GRACE.sub))).status, 200)
})

/** Guards of scopes, and a handler that writes the session that it sees. */
async function guardedScopes(app: FastifyInstance): Promise<void> {
  const { required } = app.googleAuth
  const who = ({ googleUser, session, url }: FastifyRequest): object => {
    const own = session as FastifyRequest['session'] | null
    if (own !== null) own.cart = [url]
    return { sub: googleUser?.sub, session: own !== null }
  }
  await app.register(async (scope) => {
    scope.addHook('onRequest', required({ bearer: true }))
    scope.get('/token', who)
  })
  await app.register(async (scope) => {
    scope.addHook('onRequest', required({ emails: [GRACE.email] }))
    scope.addHook('onRequest', required({ bearer: true }))
    scope.get('/both', who)
  })
  app.get('/me', { onRequest: required() }, (request) => request.googleUser)
  app.get('/cart', ({ session }) => ({ cart: session.cart ?? null }))
}

for (const rolling of [false, true]) {
  t.test(`guards of a scope: one request has one user, rolling: ${rolling}`, async (t) => {
    const google = await startGoogle(t)
    const { browser } = await start(t, google, { session: { rolling } }, { routes: guardedScopes })
    const grace = browser()
    await grace.visit(google, '/me', GRACE)
    const token = await google.credential(ADA.sub)
    const byToken = await withToken(grace, '/token', token)
    t.same(byToken.json(), { sub: ADA.sub, session: false }, 'not the one of the cookie')
    t.notOk(
      byToken.setCookies.some((line) => line.startsWith(grace.sessionCookie!.name)),
      'no session is renewed'
    )
    t.same((await grace.fetch('/cart')).json(), { cart: null }, 'which nobody has written')
    const byBoth = await withToken(grace, '/both', token)
    t.same(byBoth.json(), { sub: GRACE.sub, session: true }, 'whom the first guard has judged')
    t.same((await grace.fetch('/cart')).json(), { cart: ['/both'] }, 'and whose session was written')
    t.match((await grace.fetch('/me')).json(), { sub: GRACE.sub })
  })

  t.test(`the same beside sessions of the app, rolling: ${rolling}`, async (t) => {
    const google = await startGoogle(t)
    const { browser } = await start(
      t,
      google,
      {},
      {
        async before(app) {
          await app.register(cookie)
          await app.register(session, { secret: SECRET, cookie: { secure: false }, rolling, saveUninitialized: false })
        },
        routes: guardedScopes
      }
    )
    const grace = browser()
    await grace.visit(google, '/me', GRACE)
    const token = await google.credential(ADA.sub)
    t.same(
      (await withToken(grace, '/token', token)).json(),
      { sub: ADA.sub, session: true },
      "the session is the app's"
    )
    t.same((await grace.fetch('/cart')).json(), { cart: ['/token'] })
    t.match((await grace.fetch('/me')).json(), { sub: GRACE.sub }, 'the session has the user whom it had')
    t.match((await withToken(grace, '/both', token)).json(), { sub: GRACE.sub }, 'whom the first guard has judged')
    t.same((await grace.fetch('/cart')).json(), { cart: ['/both'] })
    t.match((await grace.fetch('/me')).json(), { sub: GRACE.sub })
  })
}

t.test('the account of a guard counts for a token, too', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser } = await start(
    t,
    google,
    { redis: redis.url },
    {
      routes(app) {
        const guard = app.googleAuth.required({ bearer: true, account: ({ query }) => (query as { of: string }).of })
        app.get('/of', { onRequest: guard }, (request) => request.googleUser)
      }
    }
  )
  const token = await google.credential(ADA.sub)
  t.equal((await withToken(browser(), `/of?of=${ADA.sub}`, token)).status, 200, 'the own one')
  const other = await withToken(browser(), `/of?of=${GRACE.sub}`, token)
  t.match(other.json(), { statusCode: 403, code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' })
})

t.test('keys that cannot be read are passing trouble', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await start(t, google)
  google.failNext('jwks', { status: 500, times: 100 })
  const { status, headers } = await withToken(browser(), '/api', await google.credential(ADA.sub))
  t.equal(status, 503)
  t.ok(headers['retry-after'])
  t.equal(headers['www-authenticate'], undefined)
})

t.test('with the option owner', async (t) => {
  const google = await startGoogle(t)
  const { of, browser, connect } = await startConnectApp(t, google, { bearer: true }, (app) => {
    const { required } = app.googleAuth
    app.get('/api', { onRequest: required({ bearer: true }) }, (request) => ({ user: request.googleUser }))
    app.get('/job', { onRequest: required({ bearer: true, emails: [ADA.email] }) }, () => 'done')
    app.get('/scoped', { onRequest: required({ bearer: true, scopes: [CALENDAR] }) }, () => 'scoped')
    app.get('/client', { onRequest: required({ bearer: true }) }, (request) =>
      request.googleClient.fetch(google.apiOrigin + EVENTS_PATH).then(({ status }) => status)
    )
  })
  await connect(of('u1'), ADA)
  const token = await google.credential(ADA.sub)
  t.match((await withToken(browser(), '/api', token)).json(), { user: { sub: ADA.sub } })
  t.match((await withToken(of('u1'), '/api', token)).json(), { user: { sub: ADA.sub } })
  t.match((await of('u1').fetch('/api')).json(), { user: null }, 'without a token: the owner')
  const client = await withToken(browser(), '/client', token)
  t.equal(client.status, 403)
  t.match(client.json(), { code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' })
  t.match((await withToken(browser(), '/scoped', token)).json(), {
    statusCode: 403,
    code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED',
    authorizeUrl: undefined
  })
  t.equal((await withToken(browser(), '/job', token)).status, 200)
  t.equal((await of('u1').fetch('/job')).status, 403, 'an owner is none of the list')
  for (const path of ['/api', '/client']) {
    const nobody = await browser().navigate(path)
    t.equal(nobody.status, 401, 'nobody')
    t.match(nobody.json(), { message: /Authorization: Bearer/ })
    t.match(nobody.headers, { 'www-authenticate': 'Bearer', 'content-type': /json/ })
  }
  t.equal((await of('u2').navigate('/api')).status, 403, 'not connected: no redirect either')
})

t.test('wrong options', async (t) => {
  const google = await startGoogle(t)
  const all = optionsFor(google, 'http://127.0.0.1:3000/auth/return')
  for (const bearer of ['yes', { audiences: [] }, { audiences: 'x' }, { audience: ['x'] }] as never[])
    await t.rejects(Promise.resolve(Fastify().register(googleAuth, { ...all, bearer })), {
      name: 'TypeError',
      message: /The option bearer must be true/
    })
  const app = Fastify()
  await app.register(googleAuth, all)
  t.throws(() => app.googleAuth.required({ bearer: true }), { name: 'TypeError', message: /needs the option bearer/ })
  t.throws(() => app.googleAuth.required({ bearer: 'x' as never }), { name: 'TypeError', message: /must be true/ })
})
