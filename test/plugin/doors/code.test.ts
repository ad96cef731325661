/** `POST /auth/code`: codes of Google's script in a popup, and of apps on phones. */
import type { ServerResponse } from 'node:http'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { GoogleEmulator } from '../../../src/emulator.js'
import { googleAuth, type GoogleAuthOptions } from '../../../src/index.js'
import { ADA, CALENDAR, GRACE, KATHERINE, optionsFor, startApp, startGoogle, type TestApp } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'
import type { Browser, Headers, Reply } from '../../support/jar.js'
import { serve } from '../../support/local-server.js'
import { eventually } from '../../support/redis.js'

const BOTH = { codes: { popup: true, mobile: true } }
const SCRIPT = { 'x-requested-with': 'XmlHttpRequest' }

function start(t: Test, google: GoogleEmulator, options: Partial<GoogleAuthOptions> = BOTH): Promise<TestApp> {
  return startApp(t, google, { options })
}

/** Posts as the code client's callback does. */
function fromPage(browser: Browser, body: object, headers: Headers = SCRIPT): Promise<Reply> {
  const json = { 'content-type': 'application/json', ...headers }
  return browser.fetch('/auth/code', { method: 'POST', headers: json, body: JSON.stringify(body) })
}

/** Posts as an app on a phone does: no header of a browser. */
function fromPhone(browser: Browser, body: object, headers: Headers = {}): Promise<Reply> {
  const json = { 'content-type': 'application/json', ...headers }
  return browser.send('/auth/code', { method: 'POST', headers: json, body: JSON.stringify(body) })
}

t.test('a code of a popup, and one of a phone, sign in', async (t) => {
  const google = await startGoogle(t)
  const events: string[] = []
  const { browser } = await start(t, google, {
    ...BOTH,
    onSignIn: (_request, { user, firstSignIn }) => void events.push(`${user.sub} ${firstSignIn}`)
  })
  const ada = browser()
  const popup = await fromPage(ada, { code: google.code(ADA.sub, { scopes: [CALENDAR] }) })
  t.equal(popup.status, 200)
  t.match(popup.json(), { user: { sub: ADA.sub, email: ADA.email } })
  t.notMatch(popup.text, /ya29|1\/\/|eyJ/, 'no token in the answer')
  t.match(popup.headers, { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  t.equal((await ada.fetch('/events')).status, 200, 'with credentials for the API')
  const grace = browser()
  const phone = await fromPhone(grace, { code: google.code(GRACE.sub, { from: 'mobile' }), from: 'mobile' })
  t.match(phone.json(), { user: { sub: GRACE.sub } })
  t.match((await grace.fetch('/me')).json(), { sub: GRACE.sub })
  t.same(events, [`${ADA.sub} true`, `${GRACE.sub} true`])
})

t.test('only from where such a code comes', async (t) => {
  const google = await startGoogle(t)
  const { browser, origin } = await start(t, google)
  const code = (from?: 'mobile'): string => google.code(ADA.sub, from && { from })
  const cases: [name: string, reply: Promise<Reply>, status: number][] = [
    ['without the header', fromPage(browser(), { code: code() }, {}), 403],
    ['with another one', fromPage(browser(), { code: code() }, { 'x-requested-with': 'XMLHttpRequest' }), 403],
    [
      'from another site',
      fromPage(
        browser(),
        { code: code() },
        { ...SCRIPT, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
      ),
      403
    ],
    ['from nobody knows where', fromPhone(browser(), { code: code() }, SCRIPT), 403],
    ['from this origin', fromPhone(browser(), { code: code() }, { ...SCRIPT, origin }), 200],
    ['from a typed address', fromPage(browser(), { code: code() }, { ...SCRIPT, 'sec-fetch-site': 'none' }), 403],
    ['a phone with an origin', fromPhone(browser(), { code: code('mobile'), from: 'mobile' }, { origin }), 403],
    ['a phone in a browser', fromPage(browser(), { code: code('mobile'), from: 'mobile' }), 403],
    ['no code', fromPage(browser(), {}), 400],
    ['a code that is no text', fromPage(browser(), { code: [code()] }), 400],
    ['a code of nobody', fromPage(browser(), { code: '4/nobody' }), 400],
    ['a code of a phone at the other door', fromPage(browser(), { code: code('mobile') }), 400],
    ['another kind', fromPage(browser(), { code: code(), from: 'watch' }), 400],
    ['no JSON', browser().submit('/auth/code', { code: code() }, SCRIPT), 400]
  ]
  for (const [name, reply, status] of cases) {
    const { status: is, text, headers } = await reply
    t.equal(is, status, `${name}: ${text}`)
    t.match(headers['content-type'], 'application/json', name)
  }
})

t.test('a code is used once', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await start(t, google)
  const code = google.code(ADA.sub, { scopes: [CALENDAR] })
  const ada = browser()
  const [one, other] = await Promise.all([fromPage(ada, { code }), fromPage(browser(), { code })])
  t.same([one.status, other.status].sort(), [200, 400])
  t.equal((await fromPage(browser(), { code })).status, 400)
  t.equal(google.count('token'), 1, 'Google was asked once, so the grant has not ended')
})

t.test('hooks, domains, and answers without an ID token', async (t) => {
  const google = await startGoogle(t)
  const domain = await start(t, google, { ...BOTH, hostedDomain: 'workspace.example' })
  t.equal((await fromPage(domain.browser(), { code: google.code(ADA.sub) })).status, 403)
  t.equal((await fromPage(domain.browser(), { code: google.code(KATHERINE.sub) })).status, 200)
  const onSignIn = (): never => {
    throw Object.assign(new Error('Not you.'), { statusCode: 403 })
  }
  const closed = await start(t, google, { ...BOTH, onSignIn })
  const refused = await fromPage(closed.browser(), { code: google.code(ADA.sub) })
  t.equal(refused.status, 403)
  t.match(refused.json(), { message: 'Not you.' })
  t.equal(await closed.app.googleAuth.storageFor(ADA.sub).get(), null)
  const open = await start(t, google)
  const end = google.tamper({
    tokenResponse: (body) => {
      delete body['id_token']
    }
  })
  t.equal((await fromPage(open.browser(), { code: google.code(ADA.sub) })).status, 400)
  end()
  google.failNext('token', { status: 503, times: 9 })
  const trouble = await fromPage(open.browser(), { code: google.code(ADA.sub) })
  t.equal(trouble.status, 503)
  t.ok(trouble.headers['retry-after'])
})

t.test('with the option owner it connects', async (t) => {
  const google = await startGoogle(t)
  const connected: string[] = []
  const { of, browser } = await startConnectApp(t, google, {
    ...BOTH,
    onConnect: (_request, { owner, account }) => void connected.push(`${owner} ${account}`)
  })
  const answer = await fromPage(of('u1'), { code: google.code(ADA.sub, { scopes: [CALENDAR] }) })
  t.equal(answer.status, 200)
  t.match(answer.json(), { account: { account: ADA.sub, email: ADA.email } })
  t.same(connected, [`u1 ${ADA.sub}`])
  t.match((await of('u1').fetch('/events')).json(), { status: 200, account: ADA.sub })
  t.equal((await fromPage(browser(), { code: google.code(ADA.sub) })).status, 401, 'nobody')
})

t.test('each kind must be asked for', async (t) => {
  const google = await startGoogle(t)
  const off = await start(t, google, {})
  t.equal((await fromPage(off.browser(), { code: google.code(ADA.sub) })).status, 404)
  const popup = await start(t, google, { codes: { popup: true } })
  t.equal((await fromPhone(popup.browser(), { code: 'x', from: 'mobile' })).status, 400)
  const mobile = await start(t, google, { codes: { mobile: true } })
  t.equal((await fromPage(mobile.browser(), { code: 'x' })).status, 400)
  const all = optionsFor(google, 'http://127.0.0.1:3000/auth/return')
  for (const codes of [true, { popup: 'yes' }, { web: true }] as never[])
    await t.rejects(Promise.resolve(Fastify().register(googleAuth, { ...all, codes })), {
      name: 'TypeError',
      message: /The option codes must be an object with popup or mobile/
    })
})

t.test('the log tells of what came of a code', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await start(t, google)
  await fromPage(browser(), { code: google.code(ADA.sub) })
  await fromPage(browser(), { code: '4/nobody' })
  const events = log
    .map((line) => JSON.parse(line) as { event?: string; owner?: string; code?: string })
    .filter(({ event }) => event?.startsWith('google-auth.sign-in'))
  t.match(events, [
    { event: 'google-auth.sign-in', kind: 'sign-in', owner: ADA.sub },
    { event: 'google-auth.sign-in-refused', kind: 'sign-in', code: 'GOOGLE_AUTH_EXCHANGE' }
  ])
  t.equal(events.length, 2)
  t.notOk(log.join('').includes('4/nobody'))
})

t.test("an error of a hook that is no refusal is the app's to answer", async (t) => {
  const google = await startGoogle(t)
  const told: unknown[] = []
  const { browser, log } = await startApp(t, google, {
    options: {
      ...BOTH,
      onSignIn: () => {
        throw new TypeError('a mistake')
      }
    },
    before: (app) =>
      app.setErrorHandler((error, _request, reply) => {
        told.push(error)
        return reply.code(500).send({ app: 'sorry' })
      })
  })
  const answer = await fromPage(browser(), { code: google.code(ADA.sub) })
  t.equal(answer.status, 500)
  t.same(answer.json(), { app: 'sorry' })
  t.match(told, [{ message: 'a mistake' }])
  t.notOk(log.some((line) => line.includes('sign-in-refused')))
})

t.test('a refusal by onConnect ends the fresh grant', async (t) => {
  const google = await startGoogle(t)
  const { of } = await startConnectApp(t, google, {
    ...BOTH,
    onConnect: () => {
      throw Object.assign(new Error('Not this one.'), { statusCode: 403 })
    }
  })
  const refused = await fromPage(of('u1'), { code: google.code(ADA.sub) })
  t.equal(refused.status, 403)
  t.match(refused.json(), { message: 'Not this one.' })
  await eventually(() => google.grants(ADA.sub).refreshTokens === 0)
})

t.test('a page of a trusted origin', async (t) => {
  const google = await startGoogle(t)
  const trusted = 'https://spa.example.com'
  const { browser } = await start(t, google, { ...BOTH, trustedOrigins: [trusted] })
  const headers = { ...SCRIPT, origin: trusted, 'sec-fetch-site': 'same-site' }
  t.equal((await fromPage(browser(), { code: google.code(ADA.sub) }, headers)).status, 200)
})

t.test('a code without an owner is not sent to Google', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startConnectApp(t, google, BOTH)
  const code = google.code(ADA.sub, { from: 'mobile' })
  t.equal((await fromPhone(browser(), { code, from: 'mobile' })).status, 401)
  t.equal(google.count('token'), 0, 'the grant has no token that nobody keeps')
})

t.test('a flood of made-up codes does not all reach Google', async (t) => {
  const google = await startGoogle(t)
  // Google answers nothing before the flood has been refused.
  const held: ServerResponse[] = []
  const gate = await serve(t, (_request, response) => void held.push(response))
  google.tamper({ discovery: (metadata) => Object.assign(metadata, { token_endpoint: gate }) })
  const { browser } = await start(t, google)
  const refused: Reply[] = []
  const posts = Array.from({ length: 300 }, async (_, at) => {
    const reply = await fromPhone(browser(), { code: `4/${at}`, from: 'mobile' })
    if (reply.status === 503) refused.push(reply)
    return reply
  })
  await eventually(() => refused.length + held.length >= 300)
  t.equal(held.length, 100, 'the others are refused here')
  for (const reply of refused) t.match(reply.json(), { reason: 'too_many_at_once' })
  for (const response of held)
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  const answers = await Promise.all(posts)
  t.equal(answers.filter(({ status }) => status === 400).length, 100, 'Google has refused these')
  t.equal(refused.length, 200)
  t.equal(held.length, 100)
})
