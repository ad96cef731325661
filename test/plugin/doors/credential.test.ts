/** `POST /auth/credential`: Google's button and One Tap. */
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { CredentialRequest, GoogleEmulator } from '../../../src/emulator.js'
import { googleAuth, type GoogleAuthOptions, type SignInEvent } from '../../../src/index.js'
import {
  ADA,
  CALENDAR,
  demoRoutes,
  GRACE,
  KATHERINE,
  optionsFor,
  startApp,
  startGoogle,
  startRedisFor,
  type TestApp
} from '../../support/app.js'
import type { Browser, Reply } from '../../support/jar.js'
import { commandsDuring } from '../../support/redis.js'

const PATH = '/auth/credential'
/** What Google's script posts from its own site. */
const FROM_GOOGLE = { origin: 'https://accounts.google.com', 'sec-fetch-site': 'cross-site' }

/** An app with the button. Its page `/nonce` gives a nonce. */
async function start(t: Test, options: Partial<GoogleAuthOptions> = {}, google?: GoogleEmulator): Promise<TestApp> {
  return startApp(t, google ?? (await startGoogle(t)), {
    options: { oneTap: true, ...options },
    routes(app, emulator) {
      demoRoutes(app, emulator)
      app.get('/nonce', (request, reply) => app.googleAuth.oneTapNonce(request, reply))
    }
  })
}

/** Posts a credential as Google's script does in redirect mode. */
function post(browser: Browser, credential: string, path = PATH, token = 'csrf', cookie = token): Promise<Reply> {
  if (cookie !== '') browser.cookies.set('g_csrf_token', { value: cookie, attributes: {} })
  return browser.submit(path, { credential, g_csrf_token: token }, FROM_GOOGLE)
}

/** Posts a credential as a script of the page does. */
function postJson(browser: Browser, body: object, headers: Record<string, string> = {}): Promise<Reply> {
  const json = { 'content-type': 'application/json', ...headers }
  return browser.fetch(PATH, { method: 'POST', headers: json, body: JSON.stringify(body) })
}

/** A nonce, and its cookie, which a browser sends to loopback although that is http. */
async function nonceFor(browser: Browser): Promise<string> {
  const { text, setCookies } = await browser.fetch('/nonce')
  for (const line of setCookies) {
    const [pair = ''] = line.split(';')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    if (value === '') browser.cookies.delete(name)
    else browser.cookies.set(name, { value, attributes: {} })
  }
  return text
}

t.test('a form signs in and goes on', async (t) => {
  const seen: SignInEvent[] = []
  const { google, browser, log } = await start(t, { onSignIn: (_request, event) => void seen.push(event) })
  const ada = browser()
  const back = await post(ada, await google.credential(ADA.sub), `${PATH}?return_to=/calendar`)
  t.equal(back.status, 303)
  t.equal(back.location, '/calendar')
  t.match(back.headers, { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  const { sub, email, scopes } = (await ada.fetch('/me')).json() as { sub: string; email: string; scopes: string[] }
  t.same({ sub, email }, ADA)
  t.same(scopes, ['openid', 'email', 'profile'])
  t.match(seen, [{ user: { sub: ADA.sub }, firstSignIn: true }])
  t.ok(log.some((line) => line.includes('"event":"google-auth.sign-in"')))
  t.equal((await post(browser(), await google.credential(GRACE.sub))).location, '/', 'without return_to')
  const visit = await ada.visit(google, '/events', ADA)
  t.match(visit.hops[1], `login_hint=${ADA.sub}`, 'the first guard with scopes asks, with a hint')
  t.equal(visit.status, 200)
  await post(browser(), await google.credential(ADA.sub))
  t.equal(seen.at(-1)?.firstSignIn, false, 'credentials are stored by now')
  t.equal((await ada.fetch('/events')).status, 200, 'and the grant has stayed')
})

t.test('JSON signs in and answers the user', async (t) => {
  const { google, browser, origin } = await start(t)
  const ada = browser()
  const answer = await postJson(ada, { credential: await google.credential(ADA.sub) })
  t.equal(answer.status, 200)
  t.match(answer.json(), { user: { sub: ADA.sub, email: ADA.email } })
  t.equal((await ada.fetch('/me')).status, 200)
  const byOrigin = await browser().send(PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ credential: await google.credential(ADA.sub) })
  })
  t.equal(byOrigin.status, 200)
})

t.test('what does not come from a page of this site is refused', async (t) => {
  const { google, browser } = await start(t)
  const credential = (): Promise<string> => google.credential(ADA.sub)
  const refused = async (name: string, reply: Promise<Reply>): Promise<void> => {
    const { status, text } = await reply
    t.equal(status, 400, `${name}: ${text}`)
    t.match(text, 'GOOGLE_AUTH_CSRF', name)
  }
  await refused('another cookie', post(browser(), await credential(), PATH, 'one', 'other'))
  await refused('no cookie', post(browser(), await credential(), PATH, 'one', ''))
  await refused('no field', post(browser(), await credential(), PATH, ''))
  await refused('JSON of another site', postJson(browser(), { credential: await credential() }, FROM_GOOGLE))
  const nowhere = browser().send(PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ credential: await credential() })
  })
  await refused('JSON of nobody knows whom', nowhere)
  for (const headers of [{ 'sec-fetch-site': 'none' }, { origin: 'https://evil.example' }])
    await refused(JSON.stringify(headers), postJson(browser(), { credential: await credential() }, headers))
  await refused('JSON with a wrong field', postJson(browser(), { credential: await credential(), g_csrf_token: 'x' }))
  await refused('a text', browser().submit(PATH, {}, { 'content-type': 'text/plain' }))
  t.equal((await browser().navigate(PATH)).status, 405)
})

t.test('a credential that is wrong is refused', async (t) => {
  const { google, browser } = await start(t)
  const MINUTE = 60_000
  const asked = async (request: CredentialRequest): Promise<Reply> =>
    post(browser(), await google.credential(ADA.sub, request))
  t.equal((await asked({ audience: 'another-client' })).status, 401)
  t.equal((await asked({ issuedAt: Date.now() - 7 * MINUTE })).status, 401, 'older than five minutes')
  t.equal((await asked({ issuedAt: Date.now() - 4 * MINUTE })).status, 303)
  t.equal((await asked({ authorizedParty: 'an-android-client' })).status, 303, 'any client of the app has asked for it')
  t.equal((await asked({ nonce: 'made by somebody else' })).status, 401)
  t.equal((await post(browser(), 'nonsense')).status, 401)
  for (const change of [{ at_hash: 'x' }, { events: {} }, { sub: '' }]) {
    const end = google.tamper({ idToken: (claims) => void Object.assign(claims, change) })
    t.equal((await asked({})).status, 401, JSON.stringify(change))
    end()
  }
  const forged = await google.credential(ADA.sub)
  const other = await startGoogle(t)
  const foreign = await other.credential(ADA.sub)
  for (const wrong of [`${forged.slice(0, forged.lastIndexOf('.'))}.${foreign.split('.')[2]}`, foreign])
    t.equal((await post(browser(), wrong)).status, 401, 'other keys')
  t.equal((await post(browser(), forged)).status, 303)
})

t.test('the token of a return opens no other door', async (t) => {
  const google = await startGoogle(t)
  let token = ''
  google.tamper({ tokenResponse: (body) => void (token = String(body['id_token'])) })
  const { browser, signedIn } = await start(t, {}, google)
  await signedIn()
  t.equal((await post(browser(), token)).status, 401)
})

t.test('one use in the whole fleet', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const here = await start(t, { redis: redis.url }, google)
  const there = await start(t, { redis: redis.url, redirectUri: `${here.origin}/auth/return` }, google)
  const credential = await google.credential(ADA.sub)
  t.equal((await post(here.browser(), credential)).status, 303)
  t.equal((await post(here.browser(), credential)).status, 401)
  t.equal((await post(there.browser(), credential)).status, 401)
  const [header, payload, signature = ''] = credential.split('.')
  const rewritten = `${header}.${payload}.${signature}=`
  t.equal((await post(here.browser(), rewritten)).status, 401, 'another way to write the signature')
  const others = await Promise.all(
    [here, there].map(async ({ browser }) => post(browser(), await google.credential(GRACE.sub)))
  )
  t.same(
    others.map(({ status }) => status),
    [303, 303]
  )
  const fresh = await google.credential(KATHERINE.sub)
  const statuses = await Promise.all(
    [here, there, here].map(async ({ browser }) => (await post(browser(), fresh)).status)
  )
  t.same(statuses.sort(), [303, 401, 401], 'at once')
  const flood = async (): Promise<void> => {
    t.equal((await post(here.browser(), `${header}.${payload}.forged`)).status, 401)
  }
  t.same(await commandsDuring(redis, flood), {}, 'a forged one costs Redis nothing')
})

t.test('nonces', async (t) => {
  const { google, browser } = await start(t)
  const ada = browser()
  const first = await nonceFor(ada)
  const second = await nonceFor(ada)
  const send = async (nonce?: string): Promise<number> =>
    (await post(ada, await google.credential(ADA.sub, { nonce }))).status
  t.equal(await send(), 401, 'a browser with nonces needs one of them')
  t.equal(await send('another'), 401)
  const kept = ada.copy()
  t.equal(await send(first), 303, 'the page of another tab has not disturbed it')
  for (const name of ada.cookieNames('nonce')) t.notOk(name.includes(first) || name.includes(second))
  ada.cookies.delete(kept.cookieNames('nonce')[0] ?? '')
  t.equal((await post(kept, await google.credential(ADA.sub, { nonce: second }))).status, 303)
  const twice = browser()
  const once = await nonceFor(twice)
  const cookies = twice.copy()
  t.equal((await post(twice, await google.credential(ADA.sub, { nonce: once }))).status, 303)
  t.equal((await post(cookies, await google.credential(GRACE.sub, { nonce: once }))).status, 401, 'good once')
  const other = browser()
  const nonce = await nonceFor(other)
  t.equal((await post(browser(), await google.credential(ADA.sub, { nonce }))).status, 401, 'in another browser')
  for (let page = 0; page < 6; page++) await nonceFor(other)
  t.equal(other.cookieNames('nonce').length, 5, 'five at most')
  t.equal((await post(other, await google.credential(ADA.sub, { nonce }))).status, 401, 'the oldest has gone')
})

t.test('the cookie of a nonce comes back from another site', async (t) => {
  const { browser } = await start(t)
  const page = await browser().fetch('/nonce')
  t.equal(page.headers['cache-control'], 'private, no-store', 'nobody else may get this page')
  const [line = ''] = page.setCookies
  for (const attribute of ['HttpOnly', 'Secure', 'SameSite=None', 'Path=/', 'Max-Age=600']) t.match(line, attribute)
})

t.test('who may sign in is decided as at the return', async (t) => {
  const google = await startGoogle(t)
  const domain = await start(t, { hostedDomain: 'workspace.example' }, google)
  t.equal((await post(domain.browser(), await google.credential(ADA.sub))).status, 403)
  t.equal((await post(domain.browser(), await google.credential(KATHERINE.sub))).status, 303)
  const onSignIn = (): never => {
    throw Object.assign(new Error('Not you.'), { statusCode: 403 })
  }
  const app = await start(t, { onSignIn }, google)
  const ada = app.browser()
  const refused = await post(ada, await google.credential(ADA.sub))
  t.equal(refused.status, 403)
  t.match(refused.text, 'Not you.')
  t.equal((await ada.fetch('/me')).status, 401)
})

t.test('a new session id, and nothing of another user', async (t) => {
  const { google, browser } = await start(t)
  const one = browser()
  await post(one, await google.credential(ADA.sub))
  const before = one.session
  const planted = one.copy('session')
  await postJson(one, { credential: await google.credential(GRACE.sub) })
  t.not(one.session, before)
  t.match((await one.fetch('/me')).json(), { sub: GRACE.sub })
  t.equal((await planted.fetch('/me')).status, 401, 'the former session has ended')
})

t.test('off unless asked for, and refused where nobody signs in', async (t) => {
  const google = await startGoogle(t)
  const { app, browser } = await startApp(t, google)
  t.equal((await post(browser(), await google.credential(ADA.sub))).status, 404)
  app.googleAuth.required({ scopes: [CALENDAR] })
  t.throws(() => app.googleAuth.oneTapNonce({} as never, {} as never), { message: /needs the option oneTap/ })
  const all = optionsFor(google, 'http://127.0.0.1:3000/auth/return')
  for (const options of [{ oneTap: 'yes' as never }, { oneTap: true, owner: () => null }])
    await t.rejects(Promise.resolve(Fastify().register(googleAuth, { ...all, ...options })), {
      name: 'TypeError',
      message: /The option oneTap/
    })
})

t.test('JSON from a trusted origin', async (t) => {
  const trusted = 'https://spa.example.com'
  const { google, browser } = await start(t, { trustedOrigins: [trusted] })
  const headers = { origin: trusted, 'sec-fetch-site': 'same-site' }
  t.equal((await postJson(browser(), { credential: await google.credential(ADA.sub) }, headers)).status, 200)
})

t.test('a nonce ends after ten minutes', async (t) => {
  const { google, browser } = await start(t)
  const ada = browser()
  const now = Date.now
  Date.now = () => now() - 601_000
  const nonce = await nonceFor(ada).finally(() => (Date.now = now))
  t.equal((await post(ada, await google.credential(ADA.sub, { nonce }))).status, 401)
  t.equal((await post(ada, await google.credential(ADA.sub))).status, 303, 'and is no longer asked for')
})
