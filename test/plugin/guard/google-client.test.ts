import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import {
  ADA,
  CALENDAR,
  demoRoutes,
  EVENTS_PATH,
  GRACE,
  KATHERINE,
  type Setup,
  startApp,
  startGoogle,
  startRedisFor,
  type TestApp
} from '../../support/app.js'
import { Token } from '../../../src/core.js'
import type { GoogleApiError } from '../../../src/core/api/error.js'
import type { GoogleEmulator } from '../../../src/emulator.js'
import type { Browser } from '../../support/jar.js'
import { eventually } from '../../support/redis.js'

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code
const WITH_CALENDAR = ['openid', 'email', CALENDAR]

/** An app with a route `/run` that does what the test says. Ada is signed in and has granted the calendar. */
async function client(
  t: Test,
  google: GoogleEmulator,
  setup: Setup = {}
): Promise<TestApp & { ada: Browser; run: (work: (request: FastifyRequest) => unknown) => Promise<any> }> {
  let todo: (request: FastifyRequest) => unknown = () => null
  const started = await startApp(t, google, {
    ...setup,
    options: { scopes: WITH_CALENDAR, ...setup.options },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/run', { onRequest: app.googleAuth.required() }, async (request) => ({ result: await todo(request) }))
    }
  })
  const ada = await started.signedIn()
  const run = async (work: (request: FastifyRequest) => unknown): Promise<unknown> => {
    todo = work
    const reply = await ada.fetch('/run')
    return reply.status === 200 ? reply.json().result : reply.json()
  }
  return { ...started, ada, run }
}

t.test('a token is sent to the allowed origins only', async (t) => {
  const google = await startGoogle(t)
  const seen: string[] = []
  const trap = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(trap, 'listening')
  t.teardown(() => void trap.close())
  const { port } = trap.address() as AddressInfo
  const { run } = await client(t, google, { options: { apiOrigins: ['https://*.googleapis.com', google.apiOrigin] } })
  const refused = [
    `http://127.0.0.1:${port}/`,
    `http://localhost:${port}/`,
    'https://evil.example/',
    'https://googleapis.com.evil.example/',
    'https://www.googleapis.com.evil.example/',
    'https://evilgoogleapis.com/',
    'https://evil-googleapis.com/',
    'https://www.googleapis.com@evil.example/',
    'https://evil.example#www.googleapis.com',
    'https://evil.example?www.googleapis.com',
    'https://evil.example/.googleapis.com',
    'https://evil.example\\.googleapis.com/',
    'https://evil.example%2f.googleapis.com/',
    'https://www.googleapis.com:8443/',
    'https://user:pw@www.googleapis.com/',
    'https://user@www.googleapis.com/',
    'http://www.googleapis.com/',
    'https://googleapis.com/',
    'https://.googleapis.com/',
    'https://www..googleapis.com/',
    'https://www.googleapis.com./',
    'https://www.googleapis.co/',
    'https://www.googleapis.com.',
    'https://www.googleаpis.com/',
    'https://www.googleapis。com.evil.example/',
    'ftp://www.googleapis.com/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
    '/calendar/v3',
    '//www.googleapis.com/',
    'www.googleapis.com',
    '',
    google.apiOrigin.replace('http:', 'https:'),
    google.apiOrigin.replace('127.0.0.1', 'localhost'),
    google.apiOrigin.replace('http://', 'http://x@')
  ]
  for (const url of refused) {
    const codes = await run(async ({ googleClient }) => {
      const calls: (() => unknown)[] = [
        () => googleClient.fetch(url),
        () => googleClient.fetch({ toString: () => url } as unknown as string),
        () => googleClient.request({ url }),
        () => googleClient.getRequestHeaders(url),
        () => (googleClient.auth as typeof googleClient).request({ url })
      ]
      if (URL.canParse(url) && !/@/.test(url)) calls.push(() => googleClient.fetch(new Request(url)))
      return Promise.all(
        calls.map(async (call) => {
          try {
            await call()
            return 'sent'
          } catch (error) {
            return (error as { code?: string }).code
          }
        })
      )
    })
    t.same(new Set(codes), new Set(['GOOGLE_AUTH_ORIGIN']), url)
  }
  t.same(seen, [])

  t.test('a token is not sent after a redirect', async (t) => {
    const away = `http://127.0.0.1:${port}/away`
    for (const how of ['fetch', 'request'] as const) {
      google.failNext('api', { status: 302, headers: { location: away }, body: {} })
      await run(async ({ googleClient }) =>
        how === 'fetch'
          ? (await googleClient.fetch(google.apiOrigin + EVENTS_PATH)).status
          : googleClient.request({ url: google.apiOrigin + EVENTS_PATH }).catch(() => null)
      )
    }
    t.notMatch(seen.join(), /Bearer/)
  })
  t.test('baseURL and similar options are checked too', async (t) => {
    const code = await run(({ googleClient }) =>
      googleClient.request({ url: '/x', baseURL: `http://127.0.0.1:${port}` }).then(() => 'sent', codeOf)
    )
    t.equal(code, 'GOOGLE_AUTH_ORIGIN')
    const own = await run(({ googleClient }) =>
      googleClient
        .fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: 'Bearer own' } })
        .then(() => 'sent', codeOf)
    )
    t.equal(own, 'GOOGLE_AUTH_ORIGIN')
    t.notMatch(seen.join(), /Bearer/)
  })
  t.test('a foreign origin in a handler is a 500 that names it', async (t) => {
    const error = await run(({ googleClient }) => googleClient.fetch('https://evil.example/x?token=1'))
    t.match(error, { statusCode: 500, code: 'GOOGLE_AUTH_ORIGIN' })
  })
})

t.test('fetch and request', async (t) => {
  const google = await startGoogle(t)
  const { run } = await client(t, google)
  const url = google.apiOrigin + EVENTS_PATH
  t.equal(await run(async ({ googleClient }) => (await googleClient.fetch(url)).status), 200)
  t.equal(await run(async ({ googleClient }) => (await googleClient.fetch(new Request(url))).status), 200)
  const event = {
    summary: 'tea',
    start: { dateTime: '2030-01-01T10:00:00Z' },
    end: { dateTime: '2030-01-01T11:00:00Z' }
  }
  const made = await run(
    async ({ googleClient }) => (await googleClient.request({ url, method: 'POST', data: event })).data
  )
  t.match(made, { summary: 'tea' })
  t.ok(google.calendar(ADA.sub).events.some(({ summary }) => summary === 'tea'))
  const missing = await run(({ googleClient }) =>
    googleClient
      .request({ url: `${url}/none` })
      .catch((error: unknown) => [(error as GoogleApiError).status, codeOf(error)])
  )
  t.same(missing, [404, 404])
  t.same(await run(({ googleClient }) => [googleClient.user, JSON.stringify(googleClient)]), [
    ADA.sub,
    `{"user":"${ADA.sub}"}`
  ])
  t.same(await run((request) => request.googleClient === request.googleClient), true, 'one per request')
})

t.test('hasScopes knows what was granted', async (t) => {
  const google = await startGoogle(t)
  const { run, app } = await client(t, google)
  const ask = (scopes: string | string[]) => run(({ googleClient }) => googleClient.hasScopes(scopes))
  t.equal(await ask([CALENDAR]), true)
  t.equal(await ask(`email ${CALENDAR}`), true)
  t.equal(await ask('https://www.googleapis.com/auth/userinfo.email'), true)
  t.equal(await ask('https://www.googleapis.com/auth/drive'), false)
  t.equal(await ask([]), true)
  t.equal(await app.googleAuth.clientFor('nobody').hasScopes('email'), false)
})

t.test('nobody signed in', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    routes: (app) => app.get('/open', (request) => request.googleClient.user)
  })
  t.match((await browser().fetch('/open')).json(), { statusCode: 401, code: 'GOOGLE_AUTH_LOGIN_REQUIRED' })
})

t.test('a token is refreshed once for all callers', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { ada, run } = await client(t, google, { options })
    const statuses = async (count: number) =>
      new Set(await Promise.all(Array.from({ length: count }, async () => (await ada.fetch('/events')).json().status)))
    google.expireAccessTokens(ADA.sub)
    google.resetCounts()
    t.same(await statuses(50), new Set([200]), 'after a 401')
    t.equal(google.count('token'), 1)

    google.expireAccessTokens(ADA.sub)
    google.resetCounts()
    const url = google.apiOrigin + EVENTS_PATH
    const all = await run(({ googleClient }) =>
      Promise.all(
        Array.from({ length: 50 }, async (_, index) =>
          index % 2 ? (await googleClient.fetch(url)).status : (await googleClient.request({ url })).status
        )
      )
    )
    t.same(new Set(all), new Set([200]), 'in one request')
    t.equal(google.count('token'), 1)
  }
})

t.test('a token close to its end is used at once, and refreshed behind the request', async (t) => {
  const google = await startGoogle(t, { accessTokenLifetimeS: 200 })
  const { ada, app, log } = await client(t, google)
  const storage = app.googleAuth.storageFor(ADA.sub)
  const before = await storage.get()
  google.resetCounts()
  google.failNext('token', { hang: true })
  t.equal((await ada.fetch('/events')).json().status, 200)
  // The first try is never answered, and the second one follows when its time is up.
  const refreshes = google.requests.filter(({ endpoint }) => endpoint === 'token')
  t.notOk(
    refreshes.some(({ status }) => status !== undefined),
    'nobody waited'
  )
  await eventually(async () => (await storage.get())?.accessToken !== before?.accessToken, 20_000)
  t.equal(google.count('token'), 2)
  t.ok((await storage.get())?.refreshToken, 'the refresh token is kept')

  t.test('a failure of that refresh is logged, and the request succeeds', async (t) => {
    await storage.put(before!)
    google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
    t.equal((await ada.fetch('/events')).json().status, 200)
    await eventually(() => log.some((line) => line.includes('A refresh failed')))
  })
})

t.test('app.close() waits for work behind requests', async (t) => {
  const google = await startGoogle(t, { accessTokenLifetimeS: 200 })
  const redis = await startRedisFor(t)
  const { ada, app, log } = await client(t, google, { options: { redis: redis.url } })
  google.failNext('token', { delayMs: 500 })
  google.resetCounts()
  t.equal((await ada.fetch('/events')).json().status, 200)
  await app.close()
  t.equal(google.count('token'), 1)
  t.notOk(
    log.some((line) => line.includes('google-auth.refresh","outcome":"failed')),
    'and lets it finish'
  )
})

t.test('a failure of Google is a 503, and no data are lost', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const { ada, app } = await client(t, google)
  google.expireAccessTokens(ADA.sub)
  const undo = google.failNext('token', { status: 503, times: 99 })
  const reply = await ada.fetch('/events')
  t.equal(reply.status, 503)
  t.match(reply.json(), { code: 'GOOGLE_AUTH_REFRESH' })
  t.ok(reply.headers['retry-after'])
  undo()
  t.equal((await ada.fetch('/events')).json().status, 200)
  t.ok((await app.googleAuth.storageFor(ADA.sub).get())?.refreshToken)
})

t.test('a lost grant: one call, one hook, and a sign-in restores it', async (t) => {
  const google = await startGoogle(t)
  const lost: unknown[] = []
  const { ada, app } = await client(t, google, {
    options: {
      onGrantLost(sub, { reason, likelyCause }) {
        lost.push([sub, reason, likelyCause])
        throw new Error('boom of a hook')
      }
    }
  })
  google.revokeGrant(ADA.sub)
  google.resetCounts()
  const replies = await Promise.all(Array.from({ length: 10 }, () => ada.fetch('/events')))
  for (const reply of replies) {
    t.equal(reply.status, 401)
    t.match(reply.json(), { code: 'GOOGLE_AUTH_GRANT_LOST', authorizeUrl: /^\/auth\/start/ })
  }
  t.equal(google.count('token'), 1, 'ten requests ask once')
  t.same(lost, [[{ owner: ADA.sub, account: ADA.sub }, 'invalid_grant', 'revoked']])
  t.equal((await ada.fetch('/me')).status, 200, 'pages without Google still work')
  await t.rejects(app.googleAuth.clientFor(ADA.sub).fetch(google.apiOrigin + EVENTS_PATH), {
    code: 'GOOGLE_AUTH_GRANT_LOST'
  })
  const page = await ada.visit(google, '/events', ADA)
  t.match(page.json(), { status: 200 }, 'a browser is sent to sign in, and back')
})

t.test('clientFor outside any request', async (t) => {
  const google = await startGoogle(t)
  const { app, signedIn } = await client(t, google)
  await signedIn(GRACE)
  const job = app.googleAuth.clientFor(ADA.sub)
  google.calendar(ADA.sub).insert({ summary: 'of Ada', start: { date: '2030-01-01' }, end: { date: '2030-01-02' } })
  const list = async (sub: string) => {
    const { data } = await app.googleAuth
      .clientFor(sub)
      .request<{ items: { summary: string }[] }>({ url: google.apiOrigin + EVENTS_PATH })
    return data.items.map(({ summary }) => summary)
  }
  t.ok((await list(ADA.sub)).includes('of Ada'))
  t.notOk((await list(GRACE.sub)).includes('of Ada'))
  t.equal(job.user, ADA.sub)
  await t.rejects(app.googleAuth.clientFor('nobody').getAccessToken(), {
    code: 'GOOGLE_AUTH_GRANT_LOST',
    reason: 'missing'
  })
})

t.test('a session without credentials', async (t) => {
  const google = await startGoogle(t)
  const { ada, app } = await client(t, google)
  await app.googleAuth.storageFor(ADA.sub).delete()
  t.match((await ada.fetch('/events')).json(), { code: 'GOOGLE_AUTH_GRANT_LOST', statusCode: 401 })
  t.match((await ada.visit(google, '/events', ADA)).json(), { status: 200 })
})

t.test('a record of another user does not open', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { ada, signedIn } = await client(t, google, { options: { redis: redis.url } })
  await signedIn(GRACE)
  const raw = redis.client()
  const keyOf = async (sub: string) => (await raw.keys(`*${sub}*:grant:*`))[0] ?? ''
  await raw.copy(await keyOf(GRACE.sub), await keyOf(ADA.sub), 'REPLACE')
  t.match((await ada.fetch('/events')).json(), { code: 'GOOGLE_AUTH_GRANT_LOST' })
})

t.test('trouble with the account of somebody else is not for the visitor to mend', async (t) => {
  const google = await startGoogle(t)
  const { app, ada, run } = await client(t, google)
  const company = { owner: GRACE.sub, account: KATHERINE.sub }
  const shared = app.googleAuth.clientFor(company.owner, company.account)
  const notConnected = await run(() => shared.token())
  t.match(notConnected, { code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED', authorizeUrl: undefined })
  await app.googleAuth
    .storageFor(company.owner, company.account)
    .put(Token.from({ accessToken: '', refreshToken: '1//0ended', scopes: [] }))
  const lost = await run(() => shared.token())
  t.match(lost, { code: 'GOOGLE_AUTH_GRANT_LOST', authorizeUrl: undefined })
  t.equal((await ada.fetch('/me')).status, 200)
})
