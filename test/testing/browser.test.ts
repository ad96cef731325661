import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth } from '../../src/index.js'
import { createBrowser } from '../../src/testing.js'
import { demoRoutes, optionsFor, startGoogle } from '../support/app.js'
import type { GoogleEmulator } from '../../src/emulator.js'

async function start(
  t: Test,
  origin = 'http://localhost:3000'
): Promise<{ app: FastifyInstance; google: GoogleEmulator }> {
  const google = await startGoogle(t)
  google.addRedirectUri(`${origin}/auth/return`)
  const app = Fastify({ trustProxy: true })
  t.teardown(() => app.close())
  await app.register(googleAuth, optionsFor(google, `${origin}/auth/return`))
  demoRoutes(app, google)
  return { app, google }
}

for (const origin of ['http://localhost:3000', 'https://app.example']) {
  t.test(`the whole dance, and out again, on ${origin}`, async (t) => {
    const { app, google } = await start(t, origin)
    const browser = createBrowser(app)
    const out = await browser.visit('/events')
    t.equal(out.left, true)
    t.ok(out.url.startsWith(google.issuer), 'it stops where the app is left')
    const back = await browser.visit(await google.approve(out.url))
    t.match(back, { url: `${origin}/events`, left: false, statusCode: 200 })
    t.match(back.json(), { status: 200 })
    t.ok(browser.cookies.length > 0)
    const script = await browser.fetch('/me')
    t.match(script.json(), { email: google.users[0]?.email })
    const home = await browser.submit('/auth/signout', { anything: 'else' })
    t.match([home.url, home.json()], [`${origin}/`, { user: null }])
    t.match(await browser.fetch('/me'), { statusCode: 401 })
  })
}

t.test('redirects as browsers follow them', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, body)
  )
  for (const code of [301, 302, 303, 307, 308])
    app.post(`/${code}`, (_, reply) => reply.header('set-cookie', [`at=${code}; Path=/`]).redirect('/seen', code))
  app.get('/loop', (_, reply) => reply.redirect('/loop?secret=1'))
  app.get('/away', (_, reply) => reply.redirect('https://elsewhere.example/x'))
  app.route({
    method: ['GET', 'POST'],
    url: '/seen',
    handler: ({ method, body, headers: { cookie, origin, referer } }) => ({ method, body, cookie, origin, referer })
  })
  const browser = createBrowser(app, { origin: 'http://shop.example' })
  for (const code of [301, 302, 303]) {
    const seen = (await browser.submit(`/${code}`, { a: '1' })).json()
    t.match(seen, { method: 'GET', cookie: `at=${code}` })
  }
  for (const code of [307, 308]) {
    const seen = (await browser.submit(`/${code}`, { a: '1 2' })).json()
    t.match(seen, { method: 'POST', body: 'a=1+2', origin: 'http://shop.example', referer: 'http://shop.example/seen' })
  }
  await t.rejects(browser.visit('/loop'), { message: /20 times in a row, at last to http:\/\/shop.example\/loop\.$/ })
  t.match(await browser.visit('/away'), { left: true, url: 'https://elsewhere.example/x', statusCode: 302 })
  await t.rejects(browser.visit('https://elsewhere.example/x'), { message: /knows only http:\/\/shop.example/ })
  t.match((await browser.fetch('/seen', { method: 'POST', body: { b: 1 } })).json(), { body: { b: 1 } })
})

t.test('cookies as browsers keep them', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/deep/set', (request, reply) =>
    reply.header('set-cookie', (request.query as { c: string | string[] }).c).send('ok')
  )
  app.get('/deep/seen', ({ headers }) => headers.cookie ?? '')
  app.get('/seen', ({ headers }) => headers.cookie ?? '')
  const browser = createBrowser(app, { origin: 'http://www.shop.example' })
  const set = (...lines: string[]) =>
    browser.fetch(`/deep/set?${lines.map((line) => `c=${encodeURIComponent(line)}`).join('&')}`)
  await set('deep=1', 'all=2; Path=/; HttpOnly; SameSite=Strict', 'safe=3; Secure; Path=/; SameSite=None')
  t.equal((await browser.fetch('/seen')).body, 'all=2')
  t.equal((await browser.fetch('/deep/seen')).body, 'deep=1; all=2')
  t.match(browser.cookies, [
    { name: 'deep', domain: 'www.shop.example', path: '/deep', httpOnly: false, secure: false, sameSite: 'Lax' },
    { name: 'all', path: '/', httpOnly: true, sameSite: 'Strict' },
    { name: 'safe', secure: true, sameSite: 'None' }
  ])
  await set('wide=4; Domain=shop.example; Path=/; Max-Age=60', 'deep=; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
  await set('all=; Max-Age=0; Path=/', 'odd; Path=/')
  t.equal((await browser.fetch('/deep/seen')).body, 'wide=4; odd=')
  const other = createBrowser(app, { origin: 'https://api.shop.example' })
  other.addCookies(browser.cookies)
  const ofPlaywright = browser.cookies.map((cookie) => ({ expires: -1, ...cookie }))
  const third = createBrowser(app, { cookies: ofPlaywright })
  t.same(third.cookies, ofPlaywright, 'as Playwright writes cookies without an end')
  t.equal((await other.fetch('/seen')).body, 'wide=4', 'only those of the domain')
})
