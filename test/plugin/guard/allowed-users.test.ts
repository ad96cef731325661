/** Guards that let only some users pass: `emails` and `hostedDomain`. */
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth, type GoogleAuthOptions } from '../../../src/index.js'
import { createBrowser, signIn, type TestUser } from '../../../src/testing.js'
import { ADA, CALENDAR, GRACE, KATHERINE, optionsFor, SECRET, startGoogle } from '../../support/app.js'

const ORIGIN = 'http://localhost:3000'

async function start(t: Test, options: Partial<GoogleAuthOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, {
    clientId: 'client',
    clientSecret: 'client-secret',
    redirectUri: `${ORIGIN}/auth/return`,
    secret: SECRET,
    ...options
  })
  return app
}

/** The status of a guarded route for each user. */
async function statusOf(app: FastifyInstance, url: string, user: TestUser): Promise<number> {
  const { headers } = await signIn(app, user)
  return (await app.inject({ url, headers })).statusCode
}

t.test('who passes', async (t) => {
  const app = await start(t)
  const { required } = app.googleAuth
  app.get('/list', { onRequest: required({ emails: ['Ada@Example.com', 'x@y.example'] }) }, () => 'ok')
  app.get('/domain', { onRequest: required({ hostedDomain: 'Work.example' }) }, () => 'ok')
  app.get('/domains', { onRequest: required({ hostedDomain: ['work.example', 'other.example'] }) }, () => 'ok')
  app.get('/any', { onRequest: required({ hostedDomain: '*' }) }, () => 'ok')
  app.get('/either', { onRequest: required({ hostedDomain: 'work.example', emails: ['ada@example.com'] }) }, () => 'ok')
  app.get(
    '/both',
    { onRequest: [required({ hostedDomain: 'work.example' }), required({ emails: ['ada@work.example'] })] },
    () => 'ok'
  )
  const ada = { email: 'ADA@example.com' }
  const unverified = { ...ada, emailVerified: false, sub: '1' }
  const worker = { email: 'bob@work.example', hostedDomain: 'work.example' }
  /** An address of the domain makes nobody a member of it. */
  const pretender = { email: 'eve@work.example' }
  const cases: [url: string, ...users: [user: TestUser, status: number][]][] = [
    ['/list', [ada, 200], [unverified, 403], [worker, 403], [pretender, 403]],
    ['/domain', [ada, 403], [worker, 200], [pretender, 403]],
    ['/domains', [worker, 200], [{ hostedDomain: 'other.example' }, 200], [{ hostedDomain: 'evil.example' }, 403]],
    ['/any', [worker, 200], [ada, 403]],
    ['/either', [ada, 200], [worker, 200], [unverified, 403], [pretender, 403]],
    ['/both', [worker, 403], [{ email: 'ada@work.example', hostedDomain: 'work.example' }, 200], [ada, 403]]
  ]
  for (const [url, ...users] of cases)
    for (const [user, status] of users)
      t.equal(await statusOf(app, url, user), status, `${url} ${JSON.stringify(user)}`)
  t.equal((await app.inject('/list')).statusCode, 401, 'nobody is asked to sign in')
})

t.test('an API client is told, and not asked for scopes first', async (t) => {
  const app = await start(t)
  const onRequest = app.googleAuth.required({ emails: ['grace@example.com'], scopes: [CALENDAR] })
  app.get('/reports', { onRequest }, () => 'ok')
  const { headers } = await signIn(app)
  const { statusCode, body, ...reply } = await app.inject({ url: '/reports', headers })
  t.match([statusCode, reply.json()], [403, { code: 'GOOGLE_AUTH_EMAIL_NOT_ALLOWED', error: 'Forbidden' }])
  t.match(reply.json<{ authorizeUrl: string }>().authorizeUrl, /prompt=select_account/)
  t.notMatch(body, 'grace', 'it does not say who may')
})

t.test('a browser gets a page, chooses another account, and comes back', async (t) => {
  const google = await startGoogle(t)
  google.addRedirectUri(`${ORIGIN}/auth/return`)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, optionsFor(google, `${ORIGIN}/auth/return`))
  const onRequest = app.googleAuth.required({ emails: [GRACE.email], hostedDomain: 'workspace.example' })
  app.get('/reports', { onRequest }, (request) => request.signedInUser.email)

  const browser = createBrowser(app)
  const out = await browser.visit('/reports?week=2')
  const refused = await browser.visit(await google.approve(out.url, ADA))
  t.match(refused, { statusCode: 403, url: `${ORIGIN}/reports?week=2` })
  t.match(refused.body, /This account cannot see this page/)
  t.match(refused.body, /You are signed in as ada@example\.com/)
  const [, link = ''] = /class="main" href="([^"]+)"[^>]*>Use another account/.exec(refused.body) ?? []
  const again = await browser.visit(link.replaceAll('&amp;', '&'))
  t.equal(new URL(again.url).searchParams.get('prompt'), 'select_account')
  const passed = await browser.visit(await google.approve(again.url, GRACE))
  t.match(passed, { statusCode: 200, url: `${ORIGIN}/reports?week=2`, body: GRACE.email })

  const other = createBrowser(app)
  const page = await other.visit(await google.approve((await other.visit('/reports')).url, KATHERINE))
  t.match(page, { statusCode: 200, body: KATHERINE.email })
})

t.test('wrong options stop the app at start', async (t) => {
  const app = await start(t)
  const required = app.googleAuth.required as (options: unknown) => unknown
  for (const emails of ['ada@example.com', [], ['ada'], [7], ['a b@c'], null])
    t.throws(() => required({ emails }), { name: 'TypeError', message: /emails of googleAuth\.required\(\) must be/ })
  for (const hostedDomain of ['example', '', [], [7], 'https://example.com'])
    t.throws(() => required({ hostedDomain }), { name: 'TypeError', message: /hostedDomain of googleAuth/ })
  for (const name of ['emails', 'hostedDomain'])
    t.throws(() => required({ [name]: undefined }), { name: 'TypeError', message: /is undefined\. Leave it out/ })
  const connecting = await start(t, { owner: () => 'u-1' })
  t.throws(() => connecting.googleAuth.required({ emails: ['ada@example.com'] }), {
    name: 'TypeError',
    message: /with the option owner nobody does/
  })
})
