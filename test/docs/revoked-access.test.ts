/** docs/recipes/revoked-access.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/revoked-access.js'
import { ADA, startGoogle } from '../support/app.js'
import { answerGoogleApis, runProgram } from './program.js'

t.test('access that a user took away, and gives again', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  const told: [string, string][] = []
  const { browser, origin } = await runProgram(t, google, (options) => buildApp(options, (...args) => told.push(args)))
  const ada = browser()
  t.equal((await ada.visit(google, '/events', ADA)).status, 200)
  t.same((await ada.fetch('/settings')).json(), { google: 'connected' })

  google.revokeGrant(ADA.sub)
  const script = await ada.fetch('/events')
  t.match(script.json(), { statusCode: 401, code: 'GOOGLE_AUTH_GRANT_LOST', authorizeUrl: /^\/auth\/start/ })
  t.same(told, [[ADA.sub, 'You removed the access of this app at Google, or changed your password.']])
  t.equal((await ada.fetch('/events')).status, 401)
  t.equal(told.length, 1, 'told once')

  const settings = await ada.fetch('/settings')
  t.match(settings.json(), { google: 'gone', why: /removed the access/ }, 'still signed in')
  const { again } = settings.json() as { again: string }
  const back = await ada.visit(google, again, ADA)
  t.match([back.hops.at(-1), back.json()], [`${origin}/settings`, { google: 'connected' }])

  google.revokeGrant(ADA.sub)
  const page = await ada.visit(google, '/events', ADA)
  t.match([page.hops.at(-1), page.status], [`${origin}/events`, 200], 'a page goes to Google and comes back by itself')
})
