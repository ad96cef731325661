/** docs/recipes/api-without-a-client.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/api-without-a-client.js'
import { ADA, startGoogle } from '../support/app.js'
import { answerGoogleApis, runProgram } from './program.js'

t.test('events are read, written and not found', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  google.calendar(ADA.sub).clear()
  const { browser } = await runProgram(t, google, buildApp)
  const ada = browser()
  t.same((await ada.visit(google, '/events', ADA)).json(), [])
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ summary: 'Lunch', start: '2099-01-01T12:00:00Z', end: '2099-01-01T13:00:00Z' })
  const made = await ada.fetch('/events', { method: 'POST', headers, body })
  t.match([made.status, made.json()], [201, { summary: 'Lunch' }])
  const { id } = made.json() as { id: string }
  t.match((await ada.fetch('/events')).json(), [{ id, summary: 'Lunch' }])
  t.match((await ada.fetch(`/events/${id}`)).json(), { id })
  t.equal((await ada.fetch('/events/nowhere')).status, 404)
  google.failNext('api', { status: 403, body: { error: { message: 'API is not enabled', code: 403 } } })
  t.match((await ada.fetch(`/events/${id}`)).json(), { statusCode: 502, message: /not enabled/ })
})
