/** A test of a route that calls Google, without Google: the user comes from `signIn`, and the answer from the test. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { signIn } from 'fastify-google-auth/testing'
import { buildApp } from './getting-started/app.js'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events.readonly'

test('a user sees the titles of their events', async (t) => {
  const app = await buildApp({
    clientId: 'test',
    clientSecret: 'test',
    redirectUri: 'http://localhost:3000/auth/return',
    secret: 'a secret of 32 or more characters'
  })
  t.after(() => app.close())
  const { headers } = await signIn(app, { scopes: [CALENDAR], accessToken: 'token-of-ada' })
  const sent: Request[] = []
  // node:test puts the real fetch back after this test.
  t.mock.method(globalThis, 'fetch', async (...call: Parameters<typeof fetch>) => {
    sent.push(new Request(...call))
    return Response.json({ items: [{ summary: 'Lunch' }] })
  })

  const answer = await app.inject({ url: '/events', headers })
  assert.deepEqual(answer.json(), ['Lunch'])
  assert.equal(sent[0]?.url, 'https://www.googleapis.com/calendar/v3/calendars/primary/events')
  assert.equal(sent[0].headers.get('authorization'), 'Bearer token-of-ada')
})
