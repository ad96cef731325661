/** Guards of connected accounts: what they ask for, and that nobody is sent round in circles. */
import t from 'tap'
import { ADA, CALENDAR, GRACE, KATHERINE, startGoogle } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('an API client is told what is missing, and where to get it', async (t) => {
  const google = await startGoogle(t)
  const { of, browser, connect } = await startConnectApp(t, google)
  t.match((await browser().fetch('/connected')).json(), {
    statusCode: 401,
    code: 'GOOGLE_AUTH_LOGIN_REQUIRED',
    authorizeUrl: undefined
  })
  const ann = of('ann')
  const { authorizeUrl, ...nothing } = (await ann.fetch('/calendar')).json()
  t.match(nothing, { statusCode: 403, code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' })
  t.match(authorizeUrl, /^\/auth\/start\?/)
  await connect(ann, ADA)
  t.equal((await ann.fetch('/connected')).status, 200)
  const missing = (await ann.fetch('/calendar')).json()
  t.match(missing, { statusCode: 403, code: 'GOOGLE_AUTH_SCOPE_REQUIRED', missingScopes: [CALENDAR] })
  t.equal(new URL(missing.authorizeUrl, 'http://x').searchParams.get('login_hint'), ADA.sub)
  await connect(ann, ADA, missing.authorizeUrl)
  t.equal((await ann.fetch('/calendar')).status, 200)
  google.revokeGrant(ADA.sub)
  google.expireAccessTokens()
  t.match((await ann.fetch('/events')).json(), { statusCode: 401, code: 'GOOGLE_AUTH_GRANT_LOST' })
  const lost = (await ann.fetch('/calendar')).json()
  t.match(lost, { statusCode: 401, code: 'GOOGLE_AUTH_GRANT_LOST' })
  await connect(ann, ADA, lost.authorizeUrl)
  t.equal((await ann.fetch('/calendar')).status, 200, 'connecting again heals it')
})

t.test('a browser is sent to connect, and comes back', async (t) => {
  const google = await startGoogle(t)
  const { of, browser } = await startConnectApp(t, google)
  t.equal((await browser().navigate('/calendar')).status, 401, 'nobody is not sent to Google')
  const page = await of('ann').visit(google, '/calendar', { sub: ADA.sub })
  t.equal(page.status, 200)
  t.ok(page.url.endsWith('/calendar') || page.text.includes('calendar'))
})

t.test('what was refused is not asked for again by a redirect', async (t) => {
  const google = await startGoogle(t)
  const { of } = await startConnectApp(t, google)
  const ann = of('ann')
  const unticked = await ann.visit(google, '/calendar', { sub: ADA.sub, untick: [CALENDAR] })
  t.equal(unticked.status, 403)
  t.match(unticked.text, 'GOOGLE_AUTH_SCOPE_REQUIRED')
  const again = await ann.navigate('/calendar')
  t.equal(again.status, 403, 'a page with a link')
  t.match(again.text, /href="\/auth\/start\?[^"]*connect/)
  const bob = of('bob')
  const cancelled = await bob.visit(google, '/calendar', { cancel: true })
  t.equal(cancelled.status, 403)
  t.equal((await bob.navigate('/calendar')).status, 403, 'a page, and no redirect')
  const link = /href="(\/auth\/start[^"]*)"/.exec((await bob.navigate('/calendar')).text)?.[1] ?? ''
  t.equal((await bob.visit(google, link.replaceAll('&amp;', '&'), { sub: ADA.sub })).status, 200)
})

t.test('a guard of one account names the needed one when another was picked', async (t) => {
  const google = await startGoogle(t)
  const { of, app } = await startConnectApp(t, google)
  const ann = of('ann')
  const page = await ann.visit(google, `/of/${GRACE.sub}`, { sub: KATHERINE.sub })
  t.equal(page.status, 200)
  t.match(page.text, KATHERINE.email)
  t.match(page.text, GRACE.sub)
  t.match((await app.googleAuth.accounts('ann'))[0], { account: KATHERINE.sub }, 'the picked one is connected')
  t.equal((await ann.visit(google, `/of/${GRACE.sub}`, { sub: GRACE.sub })).status, 200)
  const wrong = await of('eve').fetch('/of/')
  t.equal(wrong.status, 500, 'an account that cannot be a name is a programmer’s mistake')
})

t.test('accounts that a user connects by links are no redirect loop', async (t) => {
  const google = await startGoogle(t)
  const { of, connect } = await startConnectApp(t, google)
  const ann = of('ann')
  for (const account of [ADA, GRACE]) await connect(ann, account, '/auth/start?return_to=/accounts')
  const guarded = await ann.navigate('/calendar')
  t.equal(guarded.status, 302)
  t.match(guarded.headers['location'], /^\/auth\/start\?return_to=%2Fcalendar&scope=/)
})

t.test('a client stays with the account that it used first, and a lost default is not replaced', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, { scopes: [CALENDAR, 'email'] })
  const ann = of('ann')
  await connect(ann, ADA)
  await connect(ann, GRACE)
  const client = app.googleAuth.clientFor('ann')
  t.equal(client.user, undefined)
  await client.token()
  t.equal(client.user, ADA.sub)
  await app.googleAuth.makeDefault('ann', GRACE.sub)
  await client.token()
  t.equal(client.user, ADA.sub)
  t.same(
    (await app.googleAuth.accounts('ann')).map(({ account }) => account),
    [GRACE.sub, ADA.sub]
  )
  google.revokeGrant(GRACE.sub)
  google.expireAccessTokens()
  t.match((await ann.fetch('/events')).json(), { code: 'GOOGLE_AUTH_GRANT_LOST' })
  t.match(await app.googleAuth.status('ann'), { state: 'lost', reason: 'invalid_grant', likelyCause: 'revoked' })
  await app.googleAuth.revoke('ann', GRACE.sub)
  t.equal((await ann.fetch('/events')).json().account, ADA.sub, 'after a disconnected default the oldest follows')
  await t.rejects(app.googleAuth.makeDefault('ann', KATHERINE.sub), { code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' })
})
