/** The receiver of security events: what it accepts and refuses, and that a token of another door is no event (RFC 8417, 8935). */
import t from 'tap'
import { ADA, CALENDAR, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import type { SecurityEventDraft } from '../../../src/emulator.js'
import { commandsDuring } from '../../support/redis.js'
import { startRiscApp, statusOf } from '../../support/risc.js'

const google = await startGoogle(t)
const OTHER_CLIENT = google.addClient({ redirectUris: [], project: 'another-project' }).clientId
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout'
const { app, browser, signedIn, told, log } = await startRiscApp(t, google, { risc: { audiences: ['a', 'b'] } })
const ada = await signedIn(ADA)
const DISABLED = 'account-credential-change-required'

/** Posts a body as Google does. */
const post = (body: string, headers = {}) => browser().send('/auth/risc', { method: 'POST', body, headers })

const REFUSED: [string, string, SecurityEventDraft][] = [
  ['a key that is not published', 'invalid_key', { header: { kid: 'unknown' }, foreignKey: true }],
  ['another key under the name of a published one', 'authentication_failed', { foreignKey: true }],
  ['no signature', 'invalid_key', { header: { alg: 'none' } }],
  ['the public key as a shared secret', 'invalid_key', { header: { alg: 'HS256' } }],
  ['another issuer', 'invalid_issuer', { claims: { iss: 'https://accounts.example.com/' } }],
  ['no issuer', 'invalid_issuer', { claims: { iss: undefined } }],
  ['an issuer with two slashes at the end', 'invalid_issuer', { claims: { iss: `${google.issuer}//` } }],
  ['another audience', 'invalid_audience', { claims: { aud: OTHER_CLIENT } }],
  ['other audiences', 'invalid_audience', { claims: { aud: [OTHER_CLIENT, 'x'] } }],
  ['no audience', 'invalid_audience', { claims: { aud: undefined } }],
  ['an audience that is no text', 'invalid_audience', { claims: { aud: [{}] } }],
  ['the type of an access token', 'invalid_request', { header: { typ: 'at+jwt' } }],
  [
    'the type of a logout token',
    'invalid_request',
    { header: { typ: 'logout+jwt' }, claims: { events: { [LOGOUT]: {} } } }
  ],
  [
    'a logout token without a type',
    'invalid_request',
    { header: { typ: undefined }, claims: { events: { [LOGOUT]: {} } } }
  ],
  ['a type that is no text', 'invalid_request', { header: { typ: 7 } }],
  ['no events', 'invalid_request', { claims: { events: undefined } }],
  ['an empty list of events', 'invalid_request', { claims: { events: {} } }],
  ['events in a list', 'invalid_request', { claims: { events: [] } }],
  ['an event that is no object', 'invalid_request', { claims: { events: { [DISABLED]: 'x' } } }],
  ['no jti', 'invalid_request', { claims: { jti: undefined } }],
  ['a jti that is no text', 'invalid_request', { claims: { jti: 7 } }]
]

for (const [what, err, draft] of REFUSED) {
  t.test(`refused: ${what}`, async (t) => {
    const { jwt } = await google.risc.sign('sessions-revoked', { sub: ADA.sub, ...draft })
    const before = told.events.length
    const reply = await post(jwt)
    t.equal(reply.status, 400)
    t.match(reply.headers, {
      'content-type': 'application/json',
      'content-language': 'en',
      'cache-control': 'no-store'
    })
    const { description, ...rest } = reply.json()
    t.same(rest, { err })
    t.match(description, /^[A-Z].*\.$/)
    t.notMatch(reply.text, jwt.slice(0, 30))
    t.equal(await statusOf(ada), 200)
    t.equal(told.events.length, before)
  })
}

t.test('refused: what is no token', async (t) => {
  const { jwt } = await google.risc.sign(DISABLED, { sub: ADA.sub })
  for (const body of [
    '',
    ' ',
    'x',
    'a.b.c',
    `${jwt}.x.y`,
    JSON.stringify({ jwt }),
    jwt.slice(0, jwt.lastIndexOf('.'))
  ]) {
    const reply = await post(body)
    t.equal(reply.status, 400, JSON.stringify(body.slice(0, 20)))
    t.equal(reply.json().err, 'invalid_request')
  }
  const corrupted = jwt.slice(0, -10) + jwt.slice(-9) + 'A'
  t.equal((await post(corrupted)).json().err, 'authentication_failed')
  const tooLong = await post('x'.repeat(70_000))
  t.equal(tooLong.status, 400)
  t.equal(tooLong.json().err, 'invalid_request')
})

t.test('refused: an ID token', async (t) => {
  let idToken = ''
  const undo = google.tamper({ tokenResponse: (body) => void (idToken = String(body['id_token'])) })
  await signedIn(ADA)
  undo()
  const reply = await post(idToken)
  t.equal(reply.status, 400)
  t.equal(reply.json().err, 'invalid_request')
})

t.test('a security event is no ID token', async (t) => {
  const exp = Math.floor(Date.now() / 1000) + 60
  const claims = { iss: google.issuer, sub: ADA.sub, exp }
  const { jwt } = await google.risc.sign('sessions-revoked', { sub: ADA.sub, claims })
  await t.rejects(app.googleAuth.verifyIdToken(jwt), { code: 'GOOGLE_AUTH_ID_TOKEN', reason: 'type', claim: 'events' })
  const { jwt: without } = await google.risc.sign(DISABLED, { claims: { ...claims, events: undefined } })
  t.equal((await app.googleAuth.verifyIdToken(without)).sub, ADA.sub, 'without the claim it is one')
})

const ACCEPTED: [string, SecurityEventDraft][] = [
  ['with the issuer without a slash', { claims: { iss: google.issuer } }],
  ['without a type', { header: { typ: undefined } }],
  ['with the type jwt', { header: { typ: 'jwt' } }],
  ['with the type secevent+jwt', { header: { typ: 'secevent+jwt' } }],
  ['with the type application/SECEVENT+JWT', { header: { typ: 'application/SECEVENT+JWT' } }],
  ['that has expired', { claims: { exp: 1 } }],
  ['for one client of a list', { claims: { aud: ['x', google.clientSecrets.web.client_id] } }],
  ['for another client of the project', { claims: { aud: 'b' } }],
  ['of a kind that Google does not send', { claims: { events: { 'https://example.com/x': {} } } }]
]

for (const [what, draft] of ACCEPTED) {
  t.test(`accepted: an event ${what}`, async (t) => {
    const before = told.events.length
    const { status, body } = await google.risc.send(DISABLED, { sub: ADA.sub, ...draft })
    t.same([status, body], [202, ''])
    t.equal(told.events.length, before + 1)
  })
}

t.test('the content type does not count', async (t) => {
  for (const headers of [{}, { 'content-type': 'text/plain' }, { 'content-type': 'application/json' }]) {
    const { jwt } = await google.risc.sign(DISABLED, { sub: ADA.sub })
    const reply = await post(`${jwt}\n`, headers)
    t.equal(reply.status, 202)
    t.equal(reply.text, '')
  }
})

t.test('other methods are 405, and a page of another site cannot post', async (t) => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    const reply = await browser().send('/auth/risc', { method })
    t.equal(reply.status, 405)
    t.equal(reply.headers['allow'], 'POST')
  }
  const { jwt } = await google.risc.sign(DISABLED, { sub: ADA.sub })
  const foreign = await post(jwt, { origin: 'https://evil.example' })
  t.equal(foreign.status, 400)
  t.equal(foreign.json().err, 'invalid_request')
  t.equal((await post(jwt)).status, 202, 'the event still counts')
})

t.test('an event counts once: again, and under another signature of the same name', async (t) => {
  const first = await google.risc.send('sessions-revoked', { sub: ADA.sub })
  t.equal(first.status, 202)
  const again = await signedIn(ADA)
  const before = told.events.length
  t.equal((await post(first.jwt)).status, 202)
  t.equal((await google.risc.send('sessions-revoked', { sub: ADA.sub, jti: first.jti })).status, 202)
  t.equal(await statusOf(again), 200)
  t.equal(told.events.length, before)
})

t.test('the log holds the reason of a refusal, and no token', async (t) => {
  const { jwt } = await google.risc.sign(DISABLED, { sub: ADA.sub, claims: { aud: 'x' } })
  await post(jwt)
  const line = log.find((line) => line.includes('invalid_audience'))
  t.match(line, 'google-auth.security-event-refused')
  t.notMatch(log.join('\n'), jwt.split('.')[1]!)
})

t.test('a flood of bad tokens fetches keys once and asks Redis nothing', async (t) => {
  const redis = await startRedisFor(t)
  const { origin } = await startRiscApp(t, google, { redis: redis.url })
  const unknown = await google.risc.sign('sessions-revoked', { foreignKey: true, header: { kid: 'unknown' } })
  const forged = await google.risc.sign('sessions-revoked', { foreignKey: true })
  google.resetCounts()
  const send = async (body: string) => (await fetch(`${origin}/auth/risc`, { method: 'POST', body })).status
  const commands = await commandsDuring(redis, async () => {
    for (let round = 0; round < 5; round++) {
      const statuses = await Promise.all(
        [unknown.jwt, forged.jwt, 'garbage'].flatMap((jwt) => Array(10).fill(jwt)).map(send)
      )
      t.ok(statuses.every((status) => status === 400))
    }
  })
  t.same(commands, {})
  t.equal(google.count('jwks'), 1)
  t.equal(google.count('riscConfiguration'), 1)
  t.equal((await google.risc.send(DISABLED, { sub: ADA.sub })).status, 202, 'and a good one passes')
})

t.test('with the configuration or the keys in trouble: 503, and Google is not asked at once again', async (t) => {
  for (const [endpoint, fault] of [
    ['riscConfiguration', { status: 500 }],
    ['riscConfiguration', { status: 200, body: {} }],
    ['riscConfiguration', { status: 200, body: { issuer: 'x', jwks_uri: 'http://example.com/keys' } }],
    ['riscConfiguration', { status: 200, body: null }],
    ['jwks', { reset: true }]
  ] as const) {
    const { origin, log } = await startRiscApp(t, google)
    const undo = google.failNext(endpoint, { ...fault, times: 100 })
    google.resetCounts()
    const { jwt } = await google.risc.sign(DISABLED, { sub: ADA.sub })
    for (let times = 0; times < 3; times++) {
      const reply = await fetch(`${origin}/auth/risc`, { method: 'POST', body: jwt })
      t.equal(reply.status, 503)
      t.ok(Number(reply.headers.get('retry-after')) > 0)
      t.equal(await reply.text(), '')
    }
    t.ok(google.count(endpoint) <= 1)
    t.ok(log.some((line) => line.includes('Google sends it again')))
    undo()
  }
})

t.test('off by default; on another path; a warning about scopes', async (t) => {
  const off = await startApp(t, google)
  t.equal((await off.browser().send('/auth/risc', { method: 'POST', body: 'x' })).status, 404)
  const { origin, log } = await startRiscApp(t, google, { riscPath: '/hooks/google', scopes: ['openid'] })
  const { jwt } = await google.risc.sign(DISABLED, { sub: ADA.sub })
  t.equal((await google.risc.send(DISABLED, { url: `${origin}/hooks/google` })).status, 202)
  t.equal((await fetch(`${origin}/auth/risc`, { method: 'POST', body: jwt })).status, 404)
  const warned = (lines: string[]) => lines.filter((line) => line.includes('GOOGLE_AUTH_WARN_RISC_SCOPES')).length
  t.equal(warned(log), 1)
  for (const scope of ['email', 'profile']) {
    t.equal(warned((await startRiscApp(t, google, { scopes: [scope, CALENDAR] })).log), 0)
  }
  for (const risc of [{}, { audiences: 'x' }, { audiences: [''] }, { audiences: [], more: 1 }, 'yes', []]) {
    await t.rejects(startRiscApp(t, google, { risc: risc as never }), {
      name: 'TypeError',
      message: /The option risc must/
    })
  }
  await t.rejects(startRiscApp(t, google, { riscPath: '/auth/return' }), { message: /paths must differ/ })
  t.ok(await startRiscApp(t, google, { risc: false }))
})
