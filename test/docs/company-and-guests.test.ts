/** docs/recipes/company-and-guests.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/company-and-guests.js'
import { invitedOnly } from '../../docs/examples/invited-only.js'
import { ADA, GRACE, KATHERINE, startGoogle } from '../support/app.js'
import { runProgram } from './program.js'

t.test('the company and its guests pass, others sign in and do not', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await runProgram(t, google, buildApp)
  t.match((await browser().visit(google, '/reports', KATHERINE)).text, KATHERINE.email, 'the company')
  t.match((await browser().visit(google, '/reports', ADA)).text, ADA.email, 'a guest')
  const grace = await signedIn(GRACE)
  t.equal((await grace.fetch('/')).status, 200)
  const refused = await grace.fetch('/reports')
  t.match(refused.json(), { statusCode: 403, code: 'GOOGLE_AUTH_EMAIL_NOT_ALLOWED', authorizeUrl: /^\/auth\/start/ })
  const page = await grace.navigate('/reports')
  t.match([page.status, page.text], [403, /\/auth\/start\?/], 'a page with a link to another account')
})

t.test('a second guard narrows it', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await runProgram(t, google, buildApp)
  t.equal((await (await signedIn(KATHERINE)).fetch('/salaries')).status, 200)
  t.equal((await (await signedIn(ADA)).fetch('/salaries')).status, 403, 'a guest')
})

t.test('strangers are refused at sign-in', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await runProgram(t, google, (options) =>
    buildApp({ ...options, onSignIn: invitedOnly })
  )
  for (const user of [KATHERINE, ADA]) t.equal((await (await signedIn(user)).fetch('/reports')).status, 200, user.email)
  const grace = browser()
  const page = await grace.visit(google, '/reports', GRACE)
  t.match([page.status, page.text], [403, /Ask us for an invitation first/])
  t.equal((await grace.fetch('/reports')).status, 401)
})
