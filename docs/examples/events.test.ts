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

/** The cookies of a user who has gone to `url`, signed in at Google and come back. */
async function signIn(app: FastifyInstance, google: GoogleEmulator, url: string, user?: UserBehavior) {
  const guarded = await app.inject({ url, headers: { accept: 'text/html' } })
  const out = await app.inject({ url: String(guarded.headers.location), cookies: cookiesOf(guarded) })
  const back = new URL(await google.approve(String(out.headers.location), user))
  const landed = await app.inject({ url: back.pathname + back.search, cookies: cookiesOf(out) })
  assert.equal(landed.headers.location, url)
  return cookiesOf(landed)
}

function cookiesOf({ cookies }: { cookies: { name: string; value: string }[] }): Record<string, string> {
  return Object.fromEntries(cookies.filter(({ value }) => value !== '').map(({ name, value }) => [name, value]))
}

test('a user sees their events', async (t) => {
  const { google, app } = await start(t)
  const cookies = await signIn(app, google, '/events')
  const [user] = google.users
  google.calendar(user!.sub).insert({
    summary: 'Lunch',
    start: { dateTime: '2026-12-01T12:00:00Z' },
    end: { dateTime: '2026-12-01T13:00:00Z' }
  })
  assert.equal((await app.inject({ url: '/events', cookies })).json().at(-1), 'Lunch')
})

test('a user who keeps the calendar to themselves is told what is missing', async (t) => {
  const { google, app } = await start(t)
  const cookies = await signIn(app, google, '/events', { untick: [CALENDAR] })
  const refused = await app.inject({ url: '/events', cookies })
  assert.deepEqual([refused.statusCode, refused.json().missingScopes], [403, [CALENDAR]])
})

test('trouble at Google is a 503 that says when to come back', async (t) => {
  const { google, app } = await start(t)
  const cookies = await signIn(app, google, '/events')
  google.expireAccessTokens()
  google.failNext('token', { status: 503, times: 100 })
  const answer = await app.inject({ url: '/events', cookies })
  assert.deepEqual([answer.statusCode, answer.json().code], [503, 'GOOGLE_AUTH_REFRESH'])
  assert.ok(answer.headers['retry-after'])
})
