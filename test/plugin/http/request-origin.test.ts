import { EventEmitter } from 'node:events'
import t from 'tap'
import { ADA, CALENDAR, demoRoutes, startApp, startGoogle } from '../../support/app.js'
import type { Headers } from '../../support/jar.js'

const SPA = 'http://localhost:5173'

t.test('which requests may POST', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, origin } = await startApp(t, google, { options: { trustedOrigins: [SPA] } })
  const ada = await signedIn()
  const cases: [Headers, number][] = [
    [{}, 204],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, 204],
    [{ 'sec-fetch-site': 'none' }, 204],
    [{ origin }, 204],
    [{ origin: SPA, 'sec-fetch-site': 'same-site' }, 204],
    [{ origin: SPA, 'sec-fetch-site': 'cross-site' }, 204],
    [{ origin: SPA }, 204],
    [{ referer: `${origin}/page` }, 204],
    [{ origin: 'null' }, 403],
    [{ origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: `${SPA}.evil.example`, 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ referer: 'https://evil.example/page' }, 403],
    [{ origin: 'https://evil.example', referer: `${SPA}/page` }, 403]
  ]
  for (const [headers, status] of cases) {
    const reply = await ada.copy().send('/auth/signout', { method: 'POST', headers })
    t.equal(reply.status, status, JSON.stringify(headers))
    if (status === 204) await ada.visit(google, '/auth/start', ADA)
  }
})

t.test('where else trusted origins count', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, { options: { trustedOrigins: [SPA], defaultReturnTo: `${SPA}/home` } })
  const one = browser()
  for (const [asked, ends] of [
    ['/page', '/page'],
    [`${SPA}/deep?x=1#part`, `${SPA}/deep?x=1#part`],
    ['', `${SPA}/home`]
  ] as const) {
    const url = await google.approve(await one.start(`?return_to=${encodeURIComponent(asked)}`), ADA)
    t.equal((await one.navigate(url.slice(one.origin.length))).location, ends)
  }
  for (const asked of [
    'https://evil.example/',
    'http://localhost:5174/',
    'http://user@localhost:5173/',
    `${SPA}.evil.example/`,
    'http:localhost:5173/',
    `http:\\\\localhost:5173/`,
    `${SPA}/${'a'.repeat(2_000)}`
  ]) {
    const reply = await browser().navigate(`/auth/start?return_to=${encodeURIComponent(asked)}`)
    t.equal(reply.status, 400, asked.slice(0, 40))
  }
  const reply = await browser().fetch('/me', { headers: { origin: SPA, referer: `${SPA}/board?id=1` } })
  t.equal(new URL(reply.json().authorizeUrl, one.origin).searchParams.get('return_to'), `${SPA}/board?id=1`)
})

t.test('only this site can ask for a silent sign-in (prompt=none)', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, browser, origin } = await startApp(t, google)
  const ada = await signedIn()
  for (const [headers, silent] of [
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ referer: `${origin}/page` }, true],
    [{ referer: 'https://evil.example/' }, false]
  ] as [Headers, boolean][]) {
    const { location } = await ada.send('/auth/start?prompt=none', { headers })
    t.equal(new URL(location).searchParams.get('prompt'), silent ? 'none' : null, JSON.stringify(headers))
  }
  for (const error of ['login_required', 'interaction_required']) {
    const one = browser()
    const url = new URL(await one.start('?prompt=none&return_to=/'))
    const state = String(url.searchParams.get('state'))
    const back = await one.navigate(`/auth/return?error=${error}&state=${state}`)
    t.equal(back.location, '/', `${error}: the browser goes to return_to`)
    t.equal(one.session, undefined)
  }
  const one = browser()
  const state = String(new URL(await one.start('?return_to=/')).searchParams.get('state'))
  t.equal(
    (await one.navigate(`/auth/return?error=login_required&state=${state}`)).status,
    403,
    'without prompt=none, an error page is shown'
  )
})

t.test('more consent, and prompt=none, keep the data and the time of the sign-in', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google, {
    options: { keepAtSignIn: ['cart'] },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/write', (request) => (request.session.cart ??= ['tea']))
      app.get('/other', (request) => {
        const session = request.session as unknown as { other?: string }
        return { other: (session.other ??= String(request.googleUser?.sub)) }
      })
    }
  })
  const ada = await signedIn()
  await ada.fetch('/write')
  await ada.fetch('/other')
  const { signedInAt } = (await ada.fetch('/me')).json()
  for (const path of [`/auth/start?scope=${CALENDAR}`, '/auth/start?prompt=none', '/calendar']) {
    const before = ada.session
    // The emulator has no browser sessions, so it is asked without prompt=none and answers as with it.
    const asked = (await ada.navigate(path)).location.replace('prompt=none', 'prompt=select_account')
    if (asked !== '') await ada.navigate((await google.approve(asked, ADA)).slice(ada.origin.length))
    if (path !== '/calendar') t.not(ada.session, before, 'the session gets a new id')
    t.same((await ada.fetch('/other')).json().other, ADA.sub, path)
    t.equal((await ada.fetch('/me')).json().signedInAt, signedInAt)
  }
  await ada.visit(google, '/auth/start', ADA)
  t.same((await ada.fetch('/other')).json().other, ADA.sub, 'a new sign-in of the same user keeps the data')
  t.ok((await ada.fetch('/me')).json().signedInAt > signedInAt, 'and has a time of its own')
})

t.test('a sign-in keeps the keys in keepAtSignIn of an anonymous session', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    options: { keepAtSignIn: ['cart'] },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/write', (request) => {
        request.session.cart = ['tea']
        Object.assign(request.session, { planted: 'by somebody' })
        return {}
      })
      app.get('/look', (request) => ({ ...request.session }))
    }
  })
  const one = browser()
  await one.fetch('/write')
  await one.visit(google, '/me', ADA)
  t.match((await one.fetch('/look')).json(), { cart: ['tea'], planted: undefined })
  await one.submit('/auth/signout')
  t.equal((await one.fetch('/look')).json().cart, undefined, 'and nothing after a sign-out')
})

t.test('headers of guarded routes and pages, and refused methods', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await startApp(t, google, {
    routes(app, google) {
      demoRoutes(app, google)
      const guarded = { onRequest: app.googleAuth.required() }
      const caching = (path: string, value: string): void => {
        app.get(path, guarded, (_, reply) => reply.header('cache-control', value).send('x'))
      }
      caching('/public', 'public, max-age=60')
      caching('/shared', 'max-age=0, s-maxage=60')
      caching('/own', 'private, max-age=60')
      app.post('/form', guarded, () => 'posted')
    }
  })
  const ada = await signedIn()
  for (const [path, value] of [
    ['/me', 'private, no-store'],
    ['/public', 'private, no-store'],
    ['/shared', 'private, no-store'],
    ['/own', 'private, max-age=60'],
    ['/', undefined]
  ] as const)
    t.equal((await ada.fetch(path)).headers['cache-control'], value, path)

  const page = await browser().navigate('/form', { method: 'POST' })
  t.match(page.headers, { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
  t.match(page.text, /<a class="main" href="\/auth\/start[^"]*" target="_top">Sign in<\/a>/)
  t.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/)
  const framed = await browser().navigate('/me', { headers: { 'sec-fetch-dest': 'iframe' } })
  t.equal(framed.status, 401, 'a frame is not sent to Google')
  t.match(framed.text, 'target="_top"')
  t.match(String(framed.headers['content-security-policy']), /frame-ancestors 'self'/)

  for (const path of ['/auth/start', '/auth/return', '/auth/signout', '/auth/revoke']) {
    const reply = await browser().send(`${path}?code=4/secret`, { method: 'HEAD' })
    t.equal(reply.status, 405, path)
    t.equal(reply.headers['allow'], /start|return/.test(path) ? 'GET' : 'POST')
  }
  for (const path of ['/auth/signout', '/auth/revoke'])
    t.equal((await ada.fetch(path)).status, 405, 'a GET ends nothing')
  t.equal((await ada.fetch('/me')).status, 200)
})

t.test('no logger gets a code, with serializers or without', async (t) => {
  const { default: Fastify } = await import('fastify')
  const { inspect } = await import('node:util')
  const { googleAuth } = await import('../../../src/index.js')
  const lines: string[] = []
  const level = (...args: unknown[]): void => void lines.push(inspect(args, { depth: 8, showHidden: true }))
  const logger: any = Object.assign(new EventEmitter(), {
    level: 'trace',
    ...Object.fromEntries(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((name) => [name, level])),
    child: () => logger
  })
  const serialized: string[] = []
  const pinoLike = {
    level: 'trace',
    stream: { write: (line: string) => void serialized.push(line) },
    serializers: {
      req: (request: any) => ({
        url: request.url,
        raw: request.raw.url,
        agent: request.headers['user-agent'],
        q: request.query,
        headers: request.headers
      }),
      res: (reply: any) => ({ at: reply.getHeader('location'), all: reply.getHeaders(), set: reply.raw.statusCode })
    }
  }
  for (const options of [{ loggerInstance: logger }, { logger: pinoLike }]) {
    const app = Fastify(options)
    t.teardown(() => app.close())
    app.addHook('onRequest', async (request, reply) => {
      request.log.info({ req: request.raw, res: reply.raw }, 'objects of Node')
      request.log.info({ req: 'a text' }, 'not a request')
    })
    await app.register(googleAuth, {
      clientId: 'client',
      clientSecret: 'hush-hush',
      redirectUri: 'https://app.example.com/auth/return',
      secret: 'x'.repeat(40)
    })
    const url = '/auth/return?code=4%2F0Athe-code&state=the-state-itself'
    const headers = { 'x-forwarded-uri': url, 'x-request-id': 'the-request-id' }
    for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS'] as const)
      t.ok((await app.inject({ method, url, headers })).statusCode < 500)
    t.match((await app.inject('/auth/start')).headers.location, 'state=')
    t.ok(lines.length > 0 || serialized.length > 0)
  }
  for (const text of [lines.join('\n'), serialized.join('\n')]) {
    t.ok(text.includes('/auth/return'), 'the requests are logged')
    t.ok(text.includes('the-request-id'), 'with the headers that hold no secret')
    t.notMatch(text, /Athe-code|the-state-itself|[?&]state=|nonce=|google-auth-attempt-[\w-]+=A/)
  }
})
