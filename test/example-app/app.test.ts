import t from 'tap'
import { CALENDAR_EVENTS, runningApp } from './running-app.js'

const { app, url, emulator } = await runningApp(t)

const HTML = { accept: 'text/html' }

/** The session cookie after a sign-in, which may ask for more scopes. */
async function signedIn(scopes: string[] = []): Promise<string> {
  const start = await app.inject(app.googleAuth.startUrl({ scopes }))
  const attempt = start.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const { pathname, search } = new URL(await emulator.approve(start.headers.location!))
  const back = await app.inject({ url: pathname + search, headers: { cookie: attempt } })
  return back.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

t.test('/health', async (t) => {
  t.same((await app.inject('/health')).json(), { ok: true })
})

t.test('every page keeps browsers strict', async (t) => {
  for (const path of ['/', '/nowhere', '/style.css']) {
    const { headers } = await app.inject({ url: path, headers: HTML })
    t.match(headers, { 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' }, path)
    const policy = String(headers['content-security-policy'])
    t.match(policy, "default-src 'none'")
    t.match(policy, /form-action 'self'(;|$)/)
    t.notMatch(policy, 'unsafe')
  }
  const refused = await app.inject({
    method: 'POST',
    url: '/auth/signout',
    headers: { ...HTML, origin: 'https://evil.example' }
  })
  t.equal(refused.statusCode, 403)
  t.match(refused.headers['content-security-policy'], "style-src 'sha256-", 'the policy of the built-in pages stays')
})

t.test('nobody is let in without a sign-in', async (t) => {
  for (const path of ['/me', '/events', '/account']) {
    const page = await app.inject({ url: path, headers: HTML })
    t.equal(page.statusCode, 302)
    t.match(page.headers.location, `/auth/start?return_to=${encodeURIComponent(path)}`)
    t.equal((await app.inject(path)).json().code, 'GOOGLE_AUTH_LOGIN_REQUIRED')
  }
})

t.test('what is missing is told to people by a page, to programs by JSON', async (t) => {
  const page = await app.inject({ url: '/<b>', headers: HTML })
  t.equal(page.statusCode, 404)
  t.match(page.body, 'There is nothing here')
  t.notMatch(page.body, '<b>')
  t.match((await app.inject('/nowhere')).json(), { statusCode: 404 })
})

t.test('a form of another site is refused', async (t) => {
  const cookie = await signedIn([CALENDAR_EVENTS])
  const post = (path: string, headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: path,
      headers: { ...HTML, cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: 'summary=Trap'
    })
  for (const path of ['/events', '/account/signout-everywhere']) {
    t.equal((await post(path, { origin: 'https://evil.example' })).statusCode, 403)
    t.equal((await post(path, { origin: 'null' })).statusCode, 403)
    t.equal((await post(path, {})).statusCode, 403)
  }
  t.equal((await app.inject({ url: '/me', headers: { ...HTML, cookie } })).statusCode, 200, 'still signed in')
  t.equal((await post('/events', { origin: url })).statusCode, 422, 'its own form is read, and this one found wanting')
})

t.test('texts from outside are never markup', async (t) => {
  const evil = '"><script>alert(1)</script>'
  emulator.addUser({
    sub: '666',
    email: 'mallory@example.com',
    name: evil,
    givenName: evil,
    familyName: evil,
    picture: `x${evil}`
  })
  const start = await app.inject(app.googleAuth.startUrl({ scopes: [CALENDAR_EVENTS] }))
  const attempt = start.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const { pathname, search } = new URL(await emulator.approve(start.headers.location!, { sub: '666' }))
  const back = await app.inject({ url: pathname + search, headers: { cookie: attempt } })
  const cookie = back.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
  const time = { dateTime: new Date(Date.now() + 60_000).toISOString() }
  emulator.calendar('666').insert({ summary: evil, location: evil, start: time, end: time })
  for (const path of ['/', '/me', '/events', '/account', '/events?done=<script>', '/?done=constructor']) {
    const page = await app.inject({ url: path, headers: { ...HTML, cookie } })
    t.equal(page.statusCode, 200, path)
    t.notMatch(page.body, '<script', path)
  }
})
