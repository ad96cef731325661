import t from 'tap'
import { CALENDAR, DRIVE, startApp, startGoogle } from '../../support/app.js'

t.test('the way from a guarded page through Google and back', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin } = await startApp(t, google)
  const ada = browser()
  const page = await ada.visit(google, '/me?week=2&x=%20', { email: 'ada@example.com' })
  t.equal(page.status, 200)
  t.match(page.json(), { sub: '110248495921238986420', email: 'ada@example.com', emailVerified: true })
  t.equal(page.hops.at(-1), `${origin}/me?week=2&x=%20`)
  t.equal(page.hops.length, 5, 'the page, start, Google, return, the page')
  t.same(ada.cookieNames('attempt'), [])
})

t.test('the parameters of the authorize URL', async (t) => {
  const google = await startGoogle(t)
  const { browser, app } = await startApp(t, google)
  app.googleAuth.required({ scopes: [DRIVE] })
  const asked = async (query: string) => new URL(await browser().start(query)).searchParams
  const plain = await asked('')
  t.match(Object.fromEntries(plain), {
    response_type: 'code',
    access_type: 'offline',
    include_granted_scopes: 'true',
    code_challenge_method: 'S256',
    scope: 'openid email profile'
  })
  t.match(plain.get('state'), /^[\w-]{30,}$/)
  t.match(plain.get('nonce'), /^[\w-]{30,}$/)
  t.match(plain.get('code_challenge'), /^[\w-]{43}$/)
  const again = await asked('')
  for (const name of ['state', 'nonce', 'code_challenge']) t.not(again.get(name), plain.get(name), `${name} is fresh`)

  const cases: [query: string, name: string, value: string | null][] = [
    [`?scope=${CALENDAR}`, 'scope', `openid email profile ${CALENDAR}`],
    [`?scope=${encodeURIComponent(`${CALENDAR} ${DRIVE}`)}`, 'scope', `openid email profile ${CALENDAR} ${DRIVE}`],
    ['?scope=https://www.googleapis.com/auth/userinfo.email', 'scope', 'openid email profile'],
    ['?prompt=consent', 'prompt', 'consent'],
    ['?prompt=select_account', 'prompt', 'select_account'],
    ['?prompt=consent%20select_account', 'prompt', 'consent select_account'],
    ['?prompt=evil', 'prompt', null],
    ['?prompt=', 'prompt', null],
    ['?login_hint=ada@example.com', 'login_hint', 'ada@example.com'],
    [`?login_hint=${'x'.repeat(400)}`, 'login_hint', null],
    ['?client_id=evil', 'client_id', google.clientSecrets.web.client_id],
    ['?redirect_uri=https://evil.example', 'redirect_uri', plain.get('redirect_uri')],
    ['?state=fixed-state-of-an-attacker', 'code_challenge_method', 'S256']
  ]
  for (const [query, name, value] of cases) t.equal((await asked(query)).get(name), value, `${query} → ${name}`)
  t.not((await asked('?state=fixed-state-of-an-attacker')).get('state'), 'fixed-state-of-an-attacker')
})

t.test('scopes that are not declared are refused', async (t) => {
  const google = await startGoogle(t)
  const { browser, app } = await startApp(t, google)
  for (const scope of [DRIVE, `${CALENDAR} ${DRIVE}`, `${CALENDAR}\t${DRIVE}`, 'EMAIL', '<script>', `${CALENDAR}.x`]) {
    const reply = await browser().fetch(`/auth/start?scope=${encodeURIComponent(scope)}`)
    t.equal(reply.status, 400, scope)
    t.equal(reply.json().code, 'GOOGLE_AUTH_SCOPE_NOT_DECLARED')
    t.notOk(reply.text.includes('script'))
    t.throws(() => app.googleAuth.startUrl({ scopes: scope }), { code: 'GOOGLE_AUTH_SCOPE_NOT_DECLARED' })
  }
})

t.test('startUrl returns a path to link to', async (t) => {
  const google = await startGoogle(t)
  const { app, browser } = await startApp(t, google)
  const { startUrl } = app.googleAuth
  t.equal(startUrl(), '/auth/start')
  const url = startUrl({ returnTo: '/a?b=c&d', scopes: [CALENDAR], prompt: 'consent', loginHint: 'a&b@example.com' })
  const asked = new URL(await browser().start(url.slice('/auth/start'.length))).searchParams
  t.equal(asked.get('login_hint'), 'a&b@example.com')
  t.equal(asked.get('prompt'), 'consent')
  t.match(asked.get('scope'), CALENDAR)
  t.throws(() => startUrl({ returnTo: '//evil.example' }), { code: 'GOOGLE_AUTH_RETURN_TO' })
  t.throws(() => startUrl({ return_to: '/a' } as object), {
    name: 'TypeError',
    message: /no option return_to.*returnTo/
  })
})

t.test('discovery that fails is a 503 with Retry-After, and works again later', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  google.failNext('discovery', { status: 500 })
  const reply = await browser().navigate('/auth/start')
  t.equal(reply.status, 503)
  t.equal(reply.headers['retry-after'], '2')
  t.match(reply.text, /GOOGLE_AUTH_EXCHANGE/)
  t.match(await browser().start(), google.issuer)
})
