/**
 * Tests of an app that calls the Calendar API, against a Google of its own: no account, no browser, no network.
 *
 *     node --import tsx --test events.test.ts
 */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { calendar } from '@googleapis/calendar'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'
import { startGoogleEmulator, type GoogleEmulator, type UserBehavior } from 'fastify-google-auth/emulator'
import { createBrowser, signIn } from 'fastify-google-auth/testing'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const ORIGIN = 'http://127.0.0.1:3000'

/** The app under test. What differs in tests is handed in. */
async function buildApp(options: Partial<GoogleAuthOptions>, rootUrl?: string): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, { secret: 'a secret of 32 or more characters', ...options })
  app.get('/events', { onRequest: app.googleAuth.required({ scopes: [CALENDAR] }) }, async (request) => {
    const api = calendar({ version: 'v3', auth: request.googleClient.auth, ...(rootUrl ? { rootUrl } : {}) })
    const { data } = await api.events.list({ calendarId: 'primary' })
    return data.items?.map(({ summary }) => summary)
  })
  return app
}

async function start(t: TestContext): Promise<{ google: GoogleEmulator; app: FastifyInstance }> {
  const google = await startGoogleEmulator()
  const app = await buildApp(
    {
      clientSecrets: google.clientSecrets,
      issuer: google.issuer,
      apiOrigins: [google.apiOrigin],
      redirectUri: `${ORIGIN}/auth/return`
    },
    google.apiOrigin
  )
  t.after(() => Promise.all([app.close(), google.close()]))
  return { google, app }
}

/** The browser of a user who has gone to `url`, signed in at Google and come back. */
async function browserAt(url: string, app: FastifyInstance, google: GoogleEmulator, user?: UserBehavior) {
  const browser = createBrowser(app)
  const out = await browser.visit(url)
  const back = await browser.visit(await google.approve(out.url, user))
  assert.equal(back.url, ORIGIN + url)
  return browser
}

test('a user sees their events', async (t) => {
  const { google, app } = await start(t)
  const browser = await browserAt('/events', app, google)
  const [user] = google.users
  google.calendar(user!.sub).insert({
    summary: 'Lunch',
    start: { dateTime: '2026-12-01T12:00:00Z' },
    end: { dateTime: '2026-12-01T13:00:00Z' }
  })
  assert.equal((await browser.fetch('/events')).json().at(-1), 'Lunch')
})

test('a user who keeps the calendar to themselves is told what is missing', async (t) => {
  const { google, app } = await start(t)
  const browser = await browserAt('/events', app, google, { untick: [CALENDAR] })
  const refused = await browser.fetch('/events')
  assert.deepEqual([refused.statusCode, refused.json().missingScopes], [403, [CALENDAR]])
})

test('a user without the calendar is told so, with no visit to Google at all', async (t) => {
  const { app } = await start(t)
  const { headers } = await signIn(app, { email: 'grace@example.com' })
  assert.equal((await app.inject({ url: '/events', headers })).statusCode, 403)
})

test('trouble at Google is a 503 that says when to come back', async (t) => {
  const { google, app } = await start(t)
  const browser = await browserAt('/events', app, google)
  google.expireAccessTokens()
  google.failNext('token', { status: 503, times: 100 })
  const answer = await browser.fetch('/events')
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'GOOGLE_AUTH_REFRESH'])
  assert.ok(answer.headers['retry-after'])
})
