/** A token that was made for one door opens no other, and what holds at the return holds at each door. */
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { verifyIdToken, type VerifyJwtTokenError } from '../../../src/core.js'
import type { GoogleEmulator } from '../../../src/emulator.js'
import type { GoogleAuthOptions } from '../../../src/index.js'
import {
  ADA,
  demoRoutes,
  GRACE,
  KATHERINE,
  startApp,
  startGoogle,
  startRedisFor,
  type TestApp
} from '../../support/app.js'
import { caught } from '../../support/caught.js'
import type { Browser, Reply } from '../../support/jar.js'

const OTHER_AUDIENCE = 'https://jobs.example.com'

async function start(t: Test, google: GoogleEmulator, options: Partial<GoogleAuthOptions> = {}): Promise<TestApp> {
  const { client_id: clientId } = google.clientSecrets.web
  return startApp(t, google, {
    options: {
      oneTap: true,
      codes: { popup: true, mobile: true },
      bearer: { audiences: [clientId, OTHER_AUDIENCE] },
      risc: true,
      ...options
    },
    routes(app: FastifyInstance) {
      demoRoutes(app, google)
      app.get('/api', { onRequest: app.googleAuth.required({ bearer: true }) }, (request) => request.googleUser)
      app.post('/cart', (request) => (request.session.cart = ['tea']))
      app.get('/cart', (request) => ({ cart: request.session.cart ?? [] }))
    }
  })
}

const json = (body: object): { method: string; body: string } => ({ method: 'POST', body: JSON.stringify(body) })
const TYPE = { 'content-type': 'application/json' }
const SCRIPT = { ...TYPE, 'x-requested-with': 'XmlHttpRequest' }

/** How something is brought to each door. */
const DOORS = {
  credential: (browser: Browser, credential: string) =>
    browser.fetch('/auth/credential', { ...json({ credential }), headers: TYPE }),
  popup: (browser: Browser, code: string) => browser.fetch('/auth/code', { ...json({ code }), headers: SCRIPT }),
  mobile: (browser: Browser, code: string) =>
    browser.send('/auth/code', { ...json({ code, from: 'mobile' }), headers: TYPE }),
  bearer: (browser: Browser, token: string) => browser.fetch('/api', { headers: { authorization: `Bearer ${token}` } }),
  risc: (browser: Browser, token: string) =>
    browser.send('/auth/risc', {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      body: token
    }),
  /** With the state of an attempt of this browser, as somebody would send it who has stolen what is in the code's place. */
  async return(browser: Browser, code: string) {
    const { issuer, state } = await beginning(browser)
    return browser.navigate(`/auth/return?${new URLSearchParams({ code, state, iss: issuer }).toString()}`)
  }
}
type Door = keyof typeof DOORS

async function beginning(browser: Browser): Promise<{ issuer: string; state: string; url: string }> {
  const url = await browser.start()
  const { origin, searchParams } = new URL(url)
  return { issuer: origin, state: searchParams.get('state') ?? '', url }
}

/** What Google makes, each for one door. */
interface Made {
  google: GoogleEmulator
  signedIn: TestApp['signedIn']
  browser: TestApp['browser']
  origin: string
}

/** The ID token that Google sends for a code while `act` runs. */
async function idTokenOf(google: GoogleEmulator, act: () => Promise<unknown>): Promise<string> {
  let token = ''
  const end = google.tamper({ tokenResponse: (body) => void (token = String(body['id_token'])) })
  await act()
  end()
  return token
}

/** A token of Google's other kinds, signed by the same keys. */
async function tampered(google: GoogleEmulator, change: (claims: Record<string, unknown>, header: object) => void) {
  const end = google.tamper({
    idToken: (claims, header) => {
      change(claims, header)
    }
  })
  const token = await google.credential(ADA.sub)
  end()
  return token
}

const LOGOUT = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const REVOKED = {
  'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked': { subject: { sub: ADA.sub } }
}

const TOKENS: Record<string, { make: (made: Made) => Promise<string>; opens: Partial<Record<Door, number>> }> = {
  'a code of an authorize URL': {
    async make({ google, browser }) {
      const url = new URL(await google.approve((await beginning(browser())).url, ADA))
      return url.searchParams.get('code') ?? ''
    },
    // In another browser: its verifier is another. In its own it opens the return; many tests do that.
    opens: {}
  },
  'a code of a popup': { make: async ({ google }) => google.code(ADA.sub), opens: { popup: 200 } },
  'a code of a phone': { make: async ({ google }) => google.code(ADA.sub, { from: 'mobile' }), opens: { mobile: 200 } },
  'the ID token of a return': {
    make: ({ google, signedIn }) => idTokenOf(google, () => signedIn(ADA)),
    opens: { bearer: 200 }
  },
  'the ID token of a code': {
    make: ({ google, browser }) => idTokenOf(google, () => DOORS.popup(browser(), google.code(ADA.sub))),
    opens: { bearer: 200 }
  },
  'a credential': { make: ({ google }) => google.credential(ADA.sub), opens: { credential: 200, bearer: 200 } },
  'an ID token for another audience': {
    make: ({ google }) => google.credential(ADA.sub, { audience: OTHER_AUDIENCE }),
    opens: { bearer: 200 }
  },
  'an ID token for a stranger': {
    make: ({ google }) => google.credential(ADA.sub, { audience: 'https://stranger.example' }),
    opens: {}
  },
  'a security event': {
    async make({ google, origin }) {
      const { jwt, status } = await google.risc.send('sessions-revoked', { sub: ADA.sub, url: `${origin}/auth/risc` })
      if (status !== 202) throw new Error(`the event was answered with ${status}`)
      return jwt
    },
    // Once more, which ends nothing twice.
    opens: { risc: 202 }
  },
  'a token with events, which makes it one': {
    make: ({ google }) => tampered(google, (claims) => void Object.assign(claims, { events: REVOKED })),
    opens: { risc: 202 }
  },
  'an ID token with the type of a security event': {
    make: ({ google }) => tampered(google, (_claims, header) => void Object.assign(header, { typ: 'secevent+jwt' })),
    opens: {}
  },
  'a logout token': {
    make: ({ google }) => tampered(google, (claims) => void Object.assign(claims, { events: LOGOUT, sid: 'x' })),
    opens: {}
  },
  'a logout token by its type alone': {
    make: ({ google }) => tampered(google, (_claims, header) => void Object.assign(header, { typ: 'logout+jwt' })),
    opens: {}
  },
  'an access token by its type': {
    make: ({ google }) => tampered(google, (_claims, header) => void Object.assign(header, { typ: 'at+jwt' })),
    opens: {}
  }
}

for (const [name, { make, opens }] of Object.entries(TOKENS)) {
  t.test(name, async (t) => {
    const google = await startGoogle(t)
    const { browser, signedIn, origin } = await start(t, google)
    for (const door of Object.keys(DOORS) as Door[]) {
      const one = browser()
      const { status, text } = await DOORS[door](one, await make({ google, signedIn, browser, origin }))
      if (opens[door] !== undefined) t.equal(status, opens[door], `opens ${door}: ${text}`)
      else {
        t.ok(status >= 400 && status < 500, `does not open ${door}: ${status}`)
        t.equal((await one.fetch('/me')).status, 401, 'and nobody is signed in')
      }
    }
  })
}

t.test('verifyIdToken takes ID tokens only', async (t) => {
  const google = await startGoogle(t)
  const options = { clientId: google.clientSecrets.web.client_id, issuer: google.issuer }
  t.match(await verifyIdToken(await google.credential(ADA.sub), options), { sub: ADA.sub })
  const made = { google } as Made
  const reasons: Record<string, Pick<VerifyJwtTokenError, 'reason' | 'claim'>> = {
    'a token with events, which makes it one': { reason: 'type', claim: 'events' },
    'an ID token with the type of a security event': { reason: 'type' },
    'a logout token': { reason: 'type', claim: 'events' },
    'a logout token by its type alone': { reason: 'type' },
    'an ID token for a stranger': { reason: 'mismatch', claim: 'aud' }
  }
  for (const [name, expected] of Object.entries(reasons))
    t.match(await caught(verifyIdToken(await TOKENS[name]!.make(made), options)), expected, name)
})

t.test('a credential, and each code, is good once, at whichever of its doors', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await start(t, google)
  const credential = await google.credential(ADA.sub)
  const reply = (): Promise<Reply> => DOORS.credential(browser(), credential)
  t.equal((await reply()).status, 200)
  t.match((await reply()).json(), { statusCode: 401, code: 'GOOGLE_AUTH_ID_TOKEN', reason: 'used' })
  const code = google.code(ADA.sub)
  google.resetCounts()
  t.equal((await DOORS.mobile(browser(), code)).status, 400, 'the wrong door')
  t.equal((await DOORS.popup(browser(), code)).status, 400, 'which has used it up')
  t.equal(google.count('token'), 1)
})

/** The doors that sign in, each with something fresh for it. */
const SIGN_INS: Record<string, (google: GoogleEmulator, browser: Browser, user: { sub: string }) => Promise<Reply>> = {
  async return(google, browser, { sub }) {
    const url = new URL((await beginning(browser)).url)
    // The account chooser would offer only accounts of the domain, and anybody can remove that.
    url.searchParams.delete('hd')
    const { pathname, search } = new URL(await google.approve(url, { sub }))
    return browser.navigate(pathname + search)
  },
  credential: async (google, browser, { sub }) => DOORS.credential(browser, await google.credential(sub)),
  popup: (google, browser, { sub }) => DOORS.popup(browser, google.code(sub)),
  mobile: (google, browser, { sub }) => DOORS.mobile(browser, google.code(sub, { from: 'mobile' }))
}

for (const [name, enter] of Object.entries(SIGN_INS)) {
  t.test(`what holds at each door: ${name}`, async (t) => {
    const google = await startGoogle(t)
    const redis = await startRedisFor(t)
    const me = async (browser: Browser): Promise<number> => (await browser.fetch('/me')).status

    t.test('onSignIn, and hostedDomain', async (t) => {
      const events: string[] = []
      const onSignIn: GoogleAuthOptions['onSignIn'] = (_request, { user }) => {
        events.push(user.sub)
        if (user.sub === ADA.sub) throw Object.assign(new Error('Not you.'), { statusCode: 403 })
      }
      const hooked = await start(t, google, { onSignIn })
      const ada = hooked.browser()
      const refused = await enter(google, ada, ADA)
      t.equal(refused.status, 403)
      t.match(refused.text, 'Not you.')
      t.equal(await me(ada), 401)
      t.equal(await hooked.app.googleAuth.storageFor(ADA.sub).get(), null, 'nothing is stored')
      await enter(google, ada, GRACE)
      t.equal(await me(ada), 200)
      t.same(events, [ADA.sub, GRACE.sub])
      const domain = await start(t, google, { hostedDomain: 'workspace.example' })
      const [one, other] = [domain.browser(), domain.browser()]
      const { status, text } = await enter(google, one, ADA)
      t.equal(status, 403)
      t.match(text, 'GOOGLE_AUTH_HOSTED_DOMAIN')
      await enter(google, other, KATHERINE)
      t.same([await me(one), await me(other)], [401, 200])
    })

    t.test('signInLifetime', async (t) => {
      const now = Date.now
      let later = 0
      Date.now = () => now() + later
      t.teardown(() => void (Date.now = now))
      const { browser } = await start(t, google, { signInLifetime: 3600 })
      const ada = browser()
      await enter(google, ada, ADA)
      later = 3_500_000
      t.equal(await me(ada), 200)
      later = 3_700_000
      t.equal(await me(ada), 401)
    })

    t.test('a new session id, and nothing of another user', async (t) => {
      const { browser } = await start(t, google, { redis: redis.url })
      const one = browser()
      await one.fetch('/cart', { method: 'POST' })
      const [before, planted] = [one.session, one.copy('session')]
      await enter(google, one, ADA)
      t.ok(before && one.session && one.session !== before, 'at the sign-in')
      t.equal(await me(planted), 401, 'whoever knows the former id is not signed in')
      t.same((await one.fetch('/cart')).json(), { cart: [] }, 'what nobody had is not kept')
      await one.fetch('/cart', { method: 'POST' })
      const [adas, former] = [one.session, one.copy('session')]
      await enter(google, one, GRACE)
      t.not(one.session, adas, 'and for another user')
      t.equal(await me(former), 401, 'the former session has ended')
      t.same((await one.fetch('/cart')).json(), { cart: [] })
    })

    t.test('the session is bound to its client', async (t) => {
      const other = google.addClient({ redirectUris: ['http://127.0.0.1:3000/auth/return'] })
      const cookieName = 'google-auth-session'
      const first = await start(t, google, { redis: redis.url, session: { cookieName } })
      const ada = first.browser()
      await enter(google, ada, ADA)
      t.equal(await me(ada), 200)
      await first.app.close()
      google.addRedirectUri(`${first.origin}/auth/return`, other.clientId)
      const second = await startApp(t, google, {
        port: first.port,
        options: { redis: redis.url, session: { cookieName }, clientSecrets: google.clientSecretsOf(other.clientId) }
      })
      t.equal(second.origin, first.origin)
      t.equal(await me(ada), 401)
    })
  })
}
