import t from 'tap'
import { ADA, CALENDAR, demoRoutes, GRACE, KATHERINE, startApp, startGoogle } from '../../support/app.js'
import type { Browser, Reply } from '../../support/jar.js'

const PRIVATE = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }
const back = (browser: Browser, url: string): Promise<Reply> => browser.navigate(url.slice(browser.origin.length))
const locations = (hops: string[], issuer: string): URLSearchParams[] =>
  hops.filter((url) => url.startsWith(issuer)).map((url) => new URL(url).searchParams)

t.test('the link after Cancel asks for all that the page needs', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const one = browser()
  const { location } = await one.navigate('/calendar')
  const asked = await one.navigate(location)
  const page = await back(one, await google.cancel(asked.location, ADA))
  t.equal(page.status, 403)
  const scope = new URLSearchParams({ scope: CALENDAR }).toString()
  t.match(page.text, `/auth/start?return_to=%2Fcalendar&amp;${scope}`)
})

t.test('errors of Google instead of a code', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const cases: [error: string, shown: RegExp][] = [
    ['access_denied', /cancelled/],
    ['admin_policy_enforced', /admin_policy_enforced/],
    ['org_internal', /org_internal/],
    ['server_error', /server_error/],
    ['<script>alert(1)</script>', /unknown_error/],
    ['Access Denied %00', /unknown_error/],
    ['', /unknown_error/]
  ]
  for (const [error, shown] of cases) {
    const one = browser()
    const url = new URL(await google.approve(await one.start('?return_to=/me'), ADA))
    // Both together: the error counts, and the code does not leave the server.
    url.searchParams.set('error', error)
    url.searchParams.set('error_description', '<b>injected</b>')
    google.resetCounts()
    const reply = await back(one, url.href)
    t.equal(reply.status, 403, error)
    t.match(reply.text, shown)
    t.match(reply.text, /GOOGLE_AUTH_AUTHORIZATION/)
    t.notMatch(reply.text, /<script>|injected/)
    t.match(reply.text, /href="\/auth\/start\?return_to=%2Fme"/, 'a way to try again, to the same place')
    t.equal(google.count('token'), 0)
    t.equal(one.session, undefined)
    t.same(one.cookieNames('attempt'), [], 'the attempt is over')
    t.match(reply.headers, { ...PRIVATE, 'content-security-policy': /default-src 'none'/ })
  }
})

t.test('trouble with the exchange', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const cases: [what: string, fault: Parameters<typeof google.failNext>[1], status: number][] = [
    ['refused', { status: 400, body: { error: 'invalid_grant', error_description: 'secret words' } }, 400],
    ['our fault', { status: 401, body: { error: 'invalid_client' } }, 500],
    ['down', { status: 503, headers: { 'retry-after': '30' } }, 503],
    ['HTML', { html: true }, 503],
    ['HTML with 200', { html: true, status: 200 }, 503],
    ['reset', { reset: true }, 503],
    ['silence', { hang: true }, 503],
    ['nonsense', { status: 200, body: 'null' }, 503],
    ['no token', { status: 200, body: { token_type: 'Bearer' } }, 503],
    ['another type', { status: 200, body: { access_token: 'x', token_type: 'mac' } }, 503],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example' } }, 503],
    ['too much', { status: 200, body: 'x'.repeat(2_000_000) }, 503]
  ]
  for (const [what, fault, status] of cases) {
    const one = browser()
    const returned = await google.approve(await one.start(), ADA)
    google.failNext('token', fault)
    const before = performance.now()
    const reply = await back(one, returned)
    t.equal(reply.status, status, what)
    const retryAfter = status === 503 ? (what === 'down' ? '30' : '2') : undefined
    t.equal(reply.headers['retry-after'], retryAfter, what)
    t.ok(performance.now() - before < 7_000)
    t.match(reply.text, /GOOGLE_AUTH_EXCHANGE/)
    t.notMatch(reply.text, /secret words|evil/)
    t.equal(one.session, undefined)
    t.match(reply.headers, PRIVATE)
  }
})

t.test('ID tokens that must be refused', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  type Change = (claims: Record<string, unknown>, header: Record<string, unknown>) => unknown
  const now = Math.floor(Date.now() / 1000)
  const cases: [string, Change][] = [
    ['aud', (claims) => (claims['aud'] = 'evil')],
    ['aud of two, azp of another', (claims) => Object.assign(claims, { aud: [claims['aud'], 'x'], azp: 'x' })],
    ['iss', (claims) => (claims['iss'] = 'https://evil.example')],
    ['nonce', (claims) => (claims['nonce'] = 'evil')],
    ['no nonce', (claims) => delete claims['nonce']],
    ['exp', (claims) => (claims['exp'] = now - 120)],
    ['no exp', (claims) => delete claims['exp']],
    ['no iat', (claims) => delete claims['iat']],
    ['iat ahead', (claims) => (claims['iat'] = now + 3_600)],
    ['no sub', (claims) => delete claims['sub']],
    ['sub of a number', (claims) => (claims['sub'] = 7)],
    ['empty sub', (claims) => (claims['sub'] = '')],
    ['at_hash', (claims) => (claims['at_hash'] = 'AAAAAAAAAAAAAAAAAAAAAA')],
    ['alg none', (_claims, header) => (header['alg'] = 'none')],
    ['alg HS256', (_claims, header) => (header['alg'] = 'HS256')]
  ]
  for (const [what, change] of cases) {
    const undo = google.tamper({ idToken: (claims, header) => void change(claims, header) })
    const one = browser()
    const reply = await back(one, await google.approve(await one.start(), ADA))
    undo()
    t.equal(reply.status, 401, what)
    t.match(reply.text, /GOOGLE_AUTH_ID_TOKEN/)
    t.equal(one.session, undefined)
  }
  const undo = google.tamper({ tokenResponse: ({ id_token: _, ...body }) => body })
  const one = browser()
  t.equal((await back(one, await google.approve(await one.start(), ADA))).status, 503, 'none at all')
  undo()
  t.test('claims with wrong types do no harm', async (t) => {
    const odd = { email: 7, name: { a: 1 }, picture: ['x'], given_name: null, hd: 8, email_verified: 'true' }
    const undo = google.tamper({ idToken: (claims) => ({ claims: { ...claims, ...odd } }) })
    const one = browser()
    const user = (await one.visit(google, '/me', ADA)).json()
    undo()
    t.strictSame(Object.keys(user).sort(), ['emailVerified', 'familyName', 'scopes', 'signedInAt', 'sub'].sort())
    t.equal(user.emailVerified, true)
  })
})

t.test('methods on the return path', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google)
  const one = browser()
  const returned = await google.approve(await one.start('?return_to=/me'), ADA)
  const path = returned.slice(one.origin.length)
  for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    google.resetCounts()
    const reply = await one.copy().send(path, { method })
    t.equal(reply.status, 405, method)
    t.equal(reply.headers['allow'], 'GET')
    t.match(reply.headers, PRIVATE)
    t.equal(google.count('token'), 0)
    t.same(reply.setCookies, [])
  }
  t.equal((await one.send('/auth/start', { method: 'HEAD' })).status === 302, false, 'HEAD starts nothing')
  t.equal((await back(one, returned)).location, '/me', 'the code is still good')
  t.notMatch(log.join(''), encodeURIComponent(new URL(returned).searchParams.get('code')!))
})

t.test('the missing refresh token', async (t) => {
  const google = await startGoogle(t)
  const { browser, app, signedIn, log } = await startApp(t, google)
  const storage = app.googleAuth.storageFor(ADA.sub)
  t.test('one more visit to Google, when there is none and Google gave none', async (t) => {
    await signedIn()
    await storage.delete()
    const one = browser()
    const page = await one.visit(google, '/me?x=1', ADA)
    t.equal(page.status, 200)
    t.equal(page.hops.at(-1), `${one.origin}/me?x=1`)
    const [first, second, ...more] = locations(page.hops, google.issuer)
    t.equal(first?.get('prompt'), null)
    t.equal(second?.get('prompt'), 'consent')
    t.equal(second?.get('login_hint'), ADA.sub)
    t.equal(second?.get('access_type'), 'offline')
    t.equal(more.length, 0)
    t.ok((await storage.get())?.refreshToken)
  })
  t.test('never when one is stored', async (t) => {
    const page = await browser().visit(google, '/me', ADA)
    t.equal(locations(page.hops, google.issuer).length, 1)
    t.ok((await storage.get())?.refreshToken, 'kept')
    t.equal(google.grants(ADA.sub).refreshTokens, 2)
  })
  t.test('never after prompt=none, because no page can be shown', async (t) => {
    await storage.delete()
    const one = browser()
    const first = await back(one, await google.approve(await one.start(`?prompt=none&login_hint=${ADA.sub}`)))
    t.equal(first.location, '/')
    t.equal((await one.fetch('/me')).json().sub, ADA.sub)
    t.equal((await storage.get())?.refreshToken, undefined)
    const later = await browser().visit(google, '/me', ADA)
    t.equal(locations(later.hops, google.issuer)[1]?.get('prompt'), 'consent', 'the next sign-in asks')
  })
  t.test('the user cancels there, and is signed in', async (t) => {
    await storage.delete()
    const one = browser()
    const first = await back(one, await google.approve(await one.start('?return_to=/me'), ADA))
    t.match(first.location, google.issuer)
    const reply = await back(one, await google.cancel(first.location, ADA))
    t.equal(reply.status, 302)
    t.equal(reply.location, '/me')
    t.equal((await one.fetch('/me')).json().sub, ADA.sub)
  })
  t.test('Google never gives one', async (t) => {
    await storage.delete()
    const undo = google.tamper({ tokenResponse: ({ refresh_token: _, ...body }) => body })
    const page = await browser().visit(google, '/me', ADA)
    const later = await browser().visit(google, '/me', ADA)
    undo()
    t.equal(page.status, 200)
    t.equal(locations(page.hops, google.issuer).length, 2, 'once')
    t.equal(later.status, 200)
    t.equal(locations(later.hops, google.issuer).length, 1, 'and not at the next sign-in')
    t.ok(log.some((line) => line.includes('gave no refresh token')))
  })
})

t.test('online access does not ask for one', async (t) => {
  const google = await startGoogle(t)
  const { browser, app } = await startApp(t, google, { options: { accessType: 'online' } })
  const page = await browser().visit(google, '/me', ADA)
  t.equal(locations(page.hops, google.issuer)[0]?.get('access_type'), 'online')
  t.equal(locations(page.hops, google.issuer).length, 1)
  t.equal((await app.googleAuth.storageFor(ADA.sub).get())?.refreshToken, undefined)
})

t.test('hostedDomain', async (t) => {
  const google = await startGoogle(t)
  const cases: [hostedDomain: string | string[], hd: string, ends: [typeof ADA, number][]][] = [
    [
      'workspace.example',
      'workspace.example',
      [
        [KATHERINE, 302],
        [ADA, 403]
      ]
    ],
    ['WorkSpace.Example', 'workspace.example', [[KATHERINE, 302]]],
    [
      ['other.example', 'workspace.example'],
      '*',
      [
        [KATHERINE, 302],
        [ADA, 403]
      ]
    ],
    [
      '*',
      '*',
      [
        [KATHERINE, 302],
        [ADA, 403]
      ]
    ],
    [
      'example.com',
      'example.com',
      [
        [ADA, 403],
        [KATHERINE, 403]
      ]
    ]
  ]
  for (const [hostedDomain, hd, ends] of cases) {
    const { browser, app } = await startApp(t, google, { options: { hostedDomain } })
    for (const [user, status] of ends) {
      const one = browser()
      const url = new URL(await one.start())
      t.equal(url.searchParams.get('hd'), hd)
      // The parameter is only a hint, which a user can remove.
      url.searchParams.delete('hd')
      const reply = await back(one, await google.approve(url, user))
      t.equal(reply.status, status, `${hostedDomain.toString()}: ${user.email}`)
      if (status === 302) continue
      t.match(reply.text, /GOOGLE_AUTH_HOSTED_DOMAIN/)
      t.equal(one.session, undefined)
      t.equal(await app.googleAuth.storageFor(user.sub).get(), null, 'nothing stored')
    }
  }
})

t.test('onSignIn', async (t) => {
  const google = await startGoogle(t)
  const seen: unknown[] = []
  let refusal: (Error & { statusCode?: number }) | null = null
  const { browser, app } = await startApp(t, google, {
    options: {
      scopes: ['openid', 'email', CALENDAR],
      async onSignIn(request, signIn) {
        seen.push([request.url.split('?')[0], signIn])
        if (refusal) throw refusal
      }
    }
  })
  await browser().visit(google, '/me', ADA)
  await browser().visit(google, '/me', { ...GRACE, untick: [CALENDAR] })
  await browser().visit(google, '/me', ADA)
  t.match(seen, [
    ['/auth/return', { firstSignIn: true, user: { sub: ADA.sub }, grantedScopes: [] }],
    ['/auth/return', { firstSignIn: true, user: { sub: GRACE.sub } }],
    ['/auth/return', { firstSignIn: false, user: { sub: ADA.sub } }]
  ])
  const granted = seen.map((each) =>
    (each as [string, { grantedScopes: string[] }])[1].grantedScopes.includes(CALENDAR)
  )
  t.same(granted, [true, false, true])

  for (const [error, status, shown] of [
    [new Error('the database of the app is down'), 500, /the database of the app is down/],
    [Object.assign(new Error('Not invited <b>'), { statusCode: 403 }), 403, /Not invited &lt;b&gt;/]
  ] as const) {
    refusal = error
    const one = browser()
    const page = await one.visit(google, '/me', KATHERINE)
    t.equal(page.status, status)
    t.match(page.text, shown)
    t.notMatch(page.text, /Google/)
    t.equal(one.session, undefined, 'nobody is signed in')
    t.equal(await app.googleAuth.storageFor(KATHERINE.sub).get(), null, 'nothing is stored')
    const ada = browser()
    refusal = null
    await ada.visit(google, '/me', ADA)
    refusal = error
    const { session } = ada
    t.equal((await ada.visit(google, '/auth/start', ADA)).status, status)
    t.equal(ada.session, session)
    t.equal((await ada.fetch('/me')).status, 200, 'the former user stays signed in')
  }
})

t.test('errorPage', async (t) => {
  const google = await startGoogle(t)
  const seen: unknown[] = []
  const { browser, log } = await startApp(t, google, {
    options: {
      errorPage(error, request, reply) {
        seen.push([error.code, error.statusCode])
        if (request.headers['x-throw']) throw new Error('errorPage broke: hidden words')
        if (request.headers['x-odd']) return undefined as unknown as string
        reply.header('x-own', 'yes')
        return `<p>own page ${error.code}</p>`
      }
    }
  })
  const own = await browser().navigate('/auth/return?state=x&code=y')
  t.match(own, { status: 400, text: '<p>own page GOOGLE_AUTH_LOGIN_ATTEMPT</p>' })
  t.match(own.headers, { ...PRIVATE, 'content-type': 'text/html; charset=utf-8', 'x-own': 'yes' })
  t.equal(
    (await browser().fetch('/auth/return?state=x&code=y')).json().code,
    'GOOGLE_AUTH_LOGIN_ATTEMPT',
    'JSON stays JSON'
  )
  for (const header of ['x-throw', 'x-odd']) {
    const broken = await browser().navigate('/auth/return?state=x', { headers: { [header]: '1' } })
    t.equal(broken.status, 400, header)
    t.notMatch(broken.text, /hidden words|at .*\.ts/)
    t.match(broken.headers, PRIVATE)
  }
  t.ok(log.some((line) => line.includes('hidden words')))
  const one = browser()
  await one.visit(google, '/me', ADA)
  t.equal(
    (await one.visit(google, '/calendar', { ...ADA, untick: [CALENDAR] })).text,
    '<p>own page GOOGLE_AUTH_SCOPE_REQUIRED</p>'
  )
})

t.test('the built-in page escapes what it shows', async (t) => {
  const google = await startGoogle(t)
  const nasty = { name: '<img src=x onerror=alert(1)>', email: '"><script>alert(1)</script>@example.com' }
  const { browser } = await startApp(t, google)
  const undo = google.tamper({ idToken: (claims) => void Object.assign(claims, nasty) })
  const one = browser()
  await one.visit(google, '/me', ADA)
  const page = await one.visit(google, '/calendar', { ...ADA, untick: [CALENDAR] })
  undo()
  t.equal(page.status, 403)
  t.match(page.text, /signed in as &quot;&gt;&lt;script&gt;/)
  t.notMatch(page.text, /<script|<img/)
  t.match(page.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/)
})

t.test('every response of these routes is private', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const answers = [
    await browser().navigate('/auth/start'),
    await browser().fetch('/auth/start'),
    await browser().fetch('/auth/start?return_to=//evil.example'),
    await browser().fetch('/auth/start?scope=none'),
    await browser().fetch('/auth/return'),
    await browser().navigate('/auth/return?%'),
    await browser().navigate('/auth/return?state=%ff%fe&code=%00'),
    await browser().fetch('/auth/signout', { method: 'POST' }),
    await browser().fetch('/auth/revoke', { method: 'POST' }),
    await browser().send('/auth/signout', { method: 'POST', headers: { 'content-type': 'nonsense' }, body: 'x' }),
    await browser().send('/auth/signout', { method: 'POST', headers: { origin: 'null' } })
  ]
  for (const reply of answers) t.match(reply.headers, PRIVATE, `${reply.url} ${reply.status}`)
})

t.test('scopes are those in the answer of Google, in any order and under any name', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/short', { onRequest: app.googleAuth.required({ scopes: ['email', 'profile'] }) }, () => 'ok')
      const long = 'https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/userinfo.profile'
      app.get('/long', { onRequest: app.googleAuth.required({ scopes: long }) }, () => 'ok')
    }
  })
  const one = browser()
  await one.visit(google, '/me', ADA)
  for (const path of ['/short', '/long']) t.equal((await one.navigate(path)).status, 200, path)
  const undo = google.tamper({ tokenResponse: ({ scope: _, ...body }) => body })
  const other = browser()
  await other.visit(google, '/calendar', ADA)
  undo()
  t.equal((await other.fetch('/calendar')).status, 200, 'an answer without scope grants what was asked')
})
