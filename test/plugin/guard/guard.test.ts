import { GrantLostError } from '../../../src/core/errors/grant.js'
import { LoginRequiredError } from '../../../src/core/errors/guard.js'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import {
  ADA,
  CALENDAR,
  demoRoutes,
  DRIVE,
  EVENTS_PATH,
  GRACE,
  startApp,
  startGoogle,
  startRedisFor
} from '../../support/app.js'
import type { Headers, Visit } from '../../support/jar.js'

const returnTo = (url: string): string | null => new URL(url, 'http://here.invalid').searchParams.get('return_to')

t.test('browsers and scripts get different responses', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  const cases: [what: string, headers: Headers, person: boolean][] = [
    ['a navigation', { accept: html, 'sec-fetch-mode': 'navigate' }, true],
    ['an old browser', { accept: html }, true],
    ['fetch()', { accept: '*/*', 'sec-fetch-mode': 'cors' }, false],
    ['fetch() that likes HTML', { accept: html, 'sec-fetch-mode': 'cors' }, false],
    ['same-origin fetch', { accept: html, 'sec-fetch-mode': 'same-origin' }, false],
    ['an image', { accept: 'image/*,*/*;q=0.8', 'sec-fetch-mode': 'no-cors' }, false],
    ['no headers', {}, false],
    ['curl', { accept: '*/*' }, false],
    ['JSON', { accept: 'application/json' }, false],
    ['JSON first', { accept: 'application/json, text/html;q=0.9' }, false],
    ['HTML first', { accept: 'text/html, application/json;q=0.9' }, true],
    ['HTML refused', { accept: 'text/html;q=0, */*' }, false],
    ['a websocket', { accept: html, 'sec-fetch-mode': 'websocket' }, false],
    ['nonsense', { accept: ';;;,,,/' }, false],
    ['empty', { accept: '' }, false]
  ]
  for (const [what, headers, person] of cases) {
    const reply = await browser().send('/me', { headers })
    t.equal(reply.status, person ? 302 : 401, what)
    if (person) t.equal(returnTo(reply.location), '/me')
    else t.match(reply.json(), { statusCode: 401, code: 'GOOGLE_AUTH_LOGIN_REQUIRED', error: 'Unauthorized' })
    t.match(reply.headers, { 'cache-control': 'no-store' })
  }
})

t.test('where the browser goes after a sign-in', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin } = await startApp(t, google, {
    options: { defaultReturnTo: '/home' },
    routes(app) {
      app.route({ method: ['GET', 'POST', 'PUT'], url: '/x', onRequest: app.googleAuth.required(), handler: () => 'x' })
      app.get('/x/*', { onRequest: app.googleAuth.required() }, () => 'x')
    }
  })
  const one = browser()
  const at = (path: string, method: string, headers: Headers, person = true) =>
    one[person ? 'navigate' : 'fetch'](path, { method, headers })
  const cases: [string, string, Headers, boolean, string][] = [
    ['/x?a=b&c=%26%20d', 'GET', {}, true, '/x?a=b&c=%26%20d'],
    ['/x', 'POST', {}, true, '/home'],
    ['/x', 'POST', { referer: `${origin}/form?id=7` }, true, '/form?id=7'],
    ['/x', 'POST', { referer: 'https://evil.example/form' }, true, '/home'],
    ['/x', 'POST', { referer: `${origin}/auth/start?return_to=/x` }, true, '/home'],
    ['/x?a=b', 'GET', {}, false, '/home'],
    ['/x?a=b', 'GET', { referer: `${origin}/page#part` }, false, '/page'],
    ['/x', 'PUT', { referer: `${origin}/page` }, false, '/page'],
    ['/x//evil.example', 'GET', {}, true, '/x//evil.example'],
    [`/x/${'a'.repeat(3_000)}`, 'GET', {}, true, '/home']
  ]
  for (const [path, method, headers, person, ends] of cases) {
    const reply = await at(path, method, headers, person)
    // A request that cannot be repeated gets a page with a link instead of a redirect.
    const link = /href="(\/auth\/start[^"]*)" target="_top"/.exec(reply.text)?.[1]?.replaceAll('&amp;', '&')
    const url: string = person ? (method === 'GET' ? reply.location : link) : reply.json().authorizeUrl
    t.equal(returnTo(url), ends, `${method} ${path.slice(0, 30)} ${JSON.stringify(headers)}`)
    t.equal(reply.status, person && method === 'GET' ? 302 : 401)
  }
})

t.test('an API client gets JSON with a way to go on', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn, origin } = await startApp(t, google)
  const nobody = (await browser().fetch('/calendar')).json()
  t.match(nobody, {
    statusCode: 401,
    code: 'GOOGLE_AUTH_LOGIN_REQUIRED',
    message: String,
    authorizeUrl: /^\/auth\/start/,
    missingScopes: [CALENDAR]
  })
  const ada = await signedIn()
  const reply = await ada.fetch('/calendar', { headers: { referer: `${origin}/page?x=1` } })
  t.equal(reply.status, 403)
  t.match(reply.json(), { code: 'GOOGLE_AUTH_SCOPE_REQUIRED', missingScopes: [CALENDAR], error: 'Forbidden' })
  const { authorizeUrl } = reply.json()
  const page = await ada.visit(google, authorizeUrl, ADA)
  t.equal(page.hops.at(-1), `${origin}/page?x=1`)
  t.equal((await ada.fetch('/calendar')).status, 200, 'the authorizeUrl works')
})

t.test('a user is asked once for missing scopes, on the page that needs them', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, origin } = await startApp(t, google)
  const ada = await signedIn()
  const { location } = await ada.navigate('/events?week=2')
  const asked = new URL((await ada.navigate(location)).location).searchParams
  t.match(asked.get('scope'), CALENDAR)
  t.equal(asked.get('login_hint'), ADA.sub)
  t.equal(asked.get('include_granted_scopes'), 'true')
  const page = await ada.visit(google, '/events?week=2', ADA)
  t.equal(page.hops.at(-1), `${origin}/events?week=2`)
  t.match(page.json(), { status: 200, items: [] })
  t.same(new Set((await ada.fetch('/me')).json().scopes), new Set(['openid', 'email', 'profile', CALENDAR]))
  t.equal((await ada.navigate('/events')).status, 200, 'and never again')
})

t.test('one visit to Google signs in and grants what the page needs', async (t) => {
  const google = await startGoogle(t)
  const { browser, app, origin } = await startApp(t, google, { options: { scopes: ['openid', 'email', DRIVE] } })
  const ada = browser()
  const page = await ada.visit(google, '/events', ADA)
  t.equal(page.status, 200)
  const atGoogle = ({ hops }: Visit): number => hops.filter((hop) => hop.startsWith(google.issuer)).length
  t.equal(atGoogle(page), 1)
  const nobody = (await browser().fetch('/calendar', { headers: { referer: `${origin}/page` } })).json()
  t.match(new URL(nobody.authorizeUrl, origin).searchParams.get('scope'), CALENDAR)

  const grace = browser()
  t.equal((await grace.visit(google, '/events', { sub: GRACE.sub, untick: [CALENDAR] })).status, 403)
  t.equal((await grace.navigate('/events')).status, 403, 'a refusal there is remembered too')
  t.equal((await grace.fetch('/me')).status, 200, 'and the user is signed in')

  google.revokeGrant(ADA.sub)
  const again = await ada.visit(google, '/events', ADA)
  t.equal(again.status, 200, 'a lost grant is given again')
  t.equal(atGoogle(again), 1)
  t.ok(await app.googleAuth.clientFor(ADA.sub).hasScopes([CALENDAR, DRIVE]), 'all of it')
})

t.test('after a refusal a page is shown, and its link asks again', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  for (const how of [{ untick: [CALENDAR] }, { cancel: true }]) {
    const ada = await signedIn(how.cancel ? GRACE : ADA)
    const sub = how.cancel ? GRACE.sub : ADA.sub
    const page = await ada.visit(google, '/calendar', { sub, ...how })
    t.equal(page.status, 403, JSON.stringify(how))
    t.match(page.text, CALENDAR, 'says what is missing')
    t.equal((await ada.fetch('/me')).json().sub, sub, 'still signed in')
    for (const round of [1, 2]) {
      const again = await ada.navigate('/calendar')
      t.equal(again.status, 403, `no redirect, ${round}`)
      t.match(again.text, /href="\/auth\/start\?[^"]*scope=/)
    }
    const [, link = ''] = /href="(\/auth\/start\?[^"]*)"/.exec((await ada.navigate('/calendar')).text) ?? []
    const asked = await ada.visit(google, link.replaceAll('&amp;', '&'), { sub })
    t.equal(asked.status, 200, 'the link asks again')
    t.match(asked.json(), { calendar: true })
  }
})

t.test('several scopes, one refused', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google, {
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/both', { onRequest: app.googleAuth.required({ scopes: `${CALENDAR} ${DRIVE}` }) }, () => 'both')
      app.get('/drive', { onRequest: app.googleAuth.required({ scopes: [DRIVE] }) }, () => 'drive')
    }
  })
  const ada = await signedIn()
  const page = await ada.visit(google, '/both', { ...ADA, untick: [DRIVE] })
  t.equal(page.status, 403)
  t.match(page.text, DRIVE)
  t.notMatch(page.text, CALENDAR, 'only what is still missing')
  t.equal((await ada.navigate('/calendar')).status, 200, 'what was granted counts')
  t.equal((await ada.navigate('/drive')).status, 403)
  t.same((await ada.fetch('/both')).json().missingScopes, [DRIVE])
})

t.test('a sign-in whose scopes were refused still signs in', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, { options: { scopes: ['openid', 'email', CALENDAR] } })
  const ada = browser()
  t.equal((await ada.visit(google, '/me', { ...ADA, untick: [CALENDAR] })).status, 200)
  t.equal((await ada.navigate('/calendar')).status, 403, 'refused already')
})

t.test('scopes that were granted in another browser count', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  for (const options of [{}, { redis: redis.url }]) {
    const { signedIn } = await startApp(t, google, { options })
    const [one, other] = [await signedIn(GRACE), await signedIn(GRACE)]
    await one.visit(google, '/calendar', GRACE)
    t.equal((await other.fetch('/calendar')).status, 200)
    t.equal((await other.navigate('/calendar')).status, 200)
    t.ok((await other.fetch('/me')).json().scopes.includes(CALENDAR), 'and is remembered')
  }
})

t.test('scopes that the user removed at Google do not count after the next sign-in', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, app } = await startApp(t, google)
  const ada = await signedIn()
  t.equal((await ada.visit(google, '/events', ADA)).status, 200)
  google.revokeGrant(ADA.sub)
  const other = await signedIn()
  t.notOk((await other.fetch('/me')).json().scopes.includes(CALENDAR))
  t.notOk(await app.googleAuth.clientFor(ADA.sub).hasScopes(CALENDAR))
  t.equal((await other.visit(google, '/events', ADA)).status, 200, 'the page asks for it again')

  const plain = await signedIn()
  t.ok((await plain.fetch('/me')).json().scopes.includes(CALENDAR), 'a usual sign-in removes no scope')
})

t.test('a session with scopes that are no longer granted asks again', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, browser } = await startApp(t, google, {
    routes(app) {
      app.get('/events', { onRequest: app.googleAuth.required({ scopes: CALENDAR }) }, async (request) => {
        const { data } = await request.googleClient.request({ url: google.apiOrigin + EVENTS_PATH })
        return data
      })
    }
  })
  const old = browser()
  t.equal((await old.visit(google, '/events', ADA)).status, 200)
  google.revokeGrant(ADA.sub)
  await signedIn()
  const script = await old.fetch('/events')
  t.match([script.status, script.json()], [403, { code: 'GOOGLE_AUTH_SCOPE_REQUIRED', missingScopes: [CALENDAR] }])
  t.equal((await old.visit(google, '/events', ADA)).status, 200)

  google.failNext('api', { status: 403, body: { error: { code: 403, message: 'Rate Limit Exceeded' } } })
  const refused = await old.navigate('/events')
  t.equal(refused.location, '', 'a refusal for another reason is the app’s')
  t.match(refused.text, 'Rate Limit Exceeded')
})

t.test('another account answers', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, app } = await startApp(t, google)
  const ada = await signedIn(ADA)
  const before = ada.copy()
  // The user chooses another account on Google's page than the hint names.
  const { location } = await ada.navigate('/calendar')
  const url = new URL((await ada.navigate(location)).location)
  url.searchParams.delete('login_hint')
  const returned = await google.approve(url, GRACE)
  const page = await ada.visit(google, returned, GRACE)
  t.equal(page.status, 200)
  t.match(page.text, /grace@example\.com/)
  t.match(page.text, /ada@example\.com/)
  t.match(page.text, /href="\/calendar"/)
  t.match(page.headers, { 'cache-control': 'no-store' })
  t.equal((await ada.visit(google, '/calendar', GRACE)).json().calendar, true, 'shown once')
  t.equal((await ada.fetch('/me')).json().sub, GRACE.sub)
  t.equal((await before.fetch('/me')).status, 401, 'a new id')
  const [adas, graces] = await Promise.all([ADA, GRACE].map(({ sub }) => app.googleAuth.storageFor(sub).get()))
  t.notOk(adas?.scopes.includes(CALENDAR), 'credentials are not mixed')
  t.ok(graces?.scopes.includes(CALENDAR))
  t.not(adas?.accessToken, graces?.accessToken)
})

t.test('a user who chooses another account gets no notice', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  const ada = await signedIn(ADA)
  const page = await ada.visit(google, '/auth/start?return_to=/me&prompt=select_account', GRACE)
  t.equal(page.json().sub, GRACE.sub)
})

t.test('a guard for a whole scope of the app', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    async routes(app) {
      app.get('/open', () => 'open')
      await app.register(async (inner) => {
        inner.addHook('onRequest', app.googleAuth.required({ scopes: CALENDAR }))
        inner.get('/inner/one', (request) => request.googleUser)
        inner.get('/inner/two', () => 'two')
        inner.setNotFoundHandler(() => 'nothing here')
      })
    }
  })
  const one = browser()
  t.equal((await one.fetch('/open')).status, 200)
  for (const path of ['/inner/one', '/inner/two']) t.equal((await one.fetch(path)).status, 401, path)
  t.equal((await one.visit(google, '/inner/one?x=1', ADA)).json().sub, ADA.sub)
  t.equal((await one.navigate('/inner/two')).text, 'two')
})

t.test('errors in guarded handlers', async (t) => {
  const google = await startGoogle(t)
  for (const own of [false, true]) {
    const { signedIn, browser } = await startApp(t, google, {
      routes(app) {
        if (own) {
          app.setErrorHandler((error, _request, reply) =>
            reply
              .code(418)
              .headers({ 'content-encoding': 'gzip', etag: '"1"', 'cache-control': 'public' })
              .send(gzipSync((error as Error).message))
          )
        }
        const guarded = { onRequest: app.googleAuth.required() }
        app.get('/lost', guarded, () => {
          throw new GrantLostError('invalid_grant')
        })
        app.get('/login', guarded, () => {
          throw new LoginRequiredError()
        })
        app.get('/other', guarded, () => {
          throw new Error('other trouble')
        })
        app.get('/unguarded', (request) => request.googleClient.user)
        app.get('/unguarded-lost', () => {
          throw new GrantLostError('invalid_grant')
        })
      }
    })
    const ada = await signedIn()
    for (const path of ['/lost?x=1', '/login?x=1']) {
      const person = await ada.copy('session').navigate(path)
      t.equal(person.status, 302, `${path} ${own}`)
      t.equal(returnTo(person.location), path)
      t.equal(person.text, '')
      const script = await ada.copy('session').fetch(path)
      t.equal(script.status, 401)
      t.match(script.json(), { code: /^GOOGLE_AUTH_/, authorizeUrl: /^\/auth\/start/ })
      t.match(script.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
      for (const header of ['content-encoding', 'etag'])
        t.notOk(header in script.headers, `${header} was about another body`)
    }
    t.equal((await ada.fetch('/other')).status, own ? 418 : 500, 'everything else is the app’s')
    t.equal((await browser().fetch('/unguarded')).status, own ? 418 : 401, 'on routes without a guard too')
    t.equal((await browser().navigate('/unguarded-lost')).status, own ? 418 : 401)
  }
})

t.test('a grant that is lost after every sign-in ends at a page', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, { options: { scopes: ['openid', 'email', CALENDAR] } })
  const ada = browser()
  google.tamper({
    tokenResponse: (body) => ({
      ...body,
      access_token: 'ya29.dead',
      refresh_token: '1//0dead',
      id_token: body['id_token']
    })
  })
  google.tamper({ idToken: (claims) => ({ claims: { ...claims, at_hash: undefined } }) })
  const page = await ada.visit(google, '/events', ADA)
  t.equal(page.status, 401)
  t.match(page.text, /GOOGLE_AUTH_GRANT_LOST/)
  t.match(page.text, /href="\/auth\/start/)
  t.ok(page.hops.length <= 16, `${page.hops.length} stops`)
})

t.test('a browser that drops the session cookie ends at a page', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const one = browser()
  let status = 0
  for (let round = 0; round < 6 && status !== 401; round++) {
    const page = await one.navigate('/me')
    status = page.status
    if (status === 401) break
    const returned = await google.approve((await one.navigate(page.location)).location, ADA)
    await one.navigate(returned.slice(one.origin.length))
    for (const name of one.cookieNames('session')) one.cookies.delete(name)
  }
  t.equal(status, 401)
})

t.test('HEAD and OPTIONS on a guarded route', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  t.equal((await browser().fetch('/me', { method: 'HEAD' })).status, 401)
  const head = await browser().navigate('/me', { method: 'HEAD' })
  t.ok([302, 401].includes(head.status))
})
