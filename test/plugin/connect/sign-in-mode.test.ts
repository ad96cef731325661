/** A user who signs in with Google adds further accounts. */
import t from 'tap'
import { ADA, CALENDAR, demoRoutes, GRACE, KATHERINE, startApp, startGoogle, startRedisFor } from '../../support/app.js'

t.test('a signed-in user adds an account, and nothing else changes', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  let signIns = 0
  const { browser, signedIn, app } = await startApp(t, google, {
    options: {
      redis: redis.url,
      onSignIn: () => {
        signIns++
      },
      hostedDomain: 'workspace.example',
      scopes: [CALENDAR, 'email']
    },
    routes(app, google) {
      demoRoutes(app, google)
      app.get('/accounts', (request) => request.googleAccounts())
    }
  })
  t.equal((await browser().fetch('/auth/start?connect=1')).status, 401)
  const katherine = await signedIn(KATHERINE)
  const { session } = katherine
  const { signedInAt } = (await katherine.fetch('/me')).json()
  const path = app.googleAuth.startUrl({ connect: true, returnTo: '/me' })
  t.match(path, 'connect=1')
  const page = await katherine.visit(google, path, { sub: ADA.sub })
  t.equal(page.status, 200, 'an account of another domain may be added')
  t.match(page.json(), { sub: KATHERINE.sub, signedInAt })
  t.equal(katherine.session, session)
  t.equal(signIns, 1)
  t.match((await katherine.fetch('/accounts')).json(), [
    { account: KATHERINE.sub, email: KATHERINE.email, isDefault: true },
    { account: ADA.sub, email: ADA.email, isDefault: false }
  ])
  await t.rejects(app.googleAuth.makeDefault(KATHERINE.sub, ADA.sub), TypeError)
  const gone = await katherine.fetch(`/auth/revoke?account=${ADA.sub}`, { method: 'POST' })
  t.equal(gone.status, 204)
  t.equal((await katherine.fetch('/me')).status, 200, 'the session goes on')
  t.equal((await app.googleAuth.accounts(KATHERINE.sub)).length, 1)
  t.equal(google.grants(ADA.sub).refreshTokens, 0)
  t.equal((await katherine.fetch('/auth/revoke?account=garbage', { method: 'POST' })).status, 204)
})

t.test('picking the own account updates the session at once', async (t) => {
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  const ada = await signedIn()
  const start = `/auth/start?connect=1&return_to=/me&scope=${encodeURIComponent(CALENDAR)}`
  t.match((await ada.visit(google, start, { sub: ADA.sub })).json().scopes, [CALENDAR])
  t.equal((await ada.fetch('/calendar')).status, 200)
})

t.test('refusing changes nothing, and a connect never signs in', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn, app } = await startApp(t, google)
  const ada = await signedIn()
  const before = await app.googleAuth.accounts(ADA.sub)
  t.equal((await ada.visit(google, '/auth/start?connect=1', { cancel: true })).status, 403)
  t.same(await app.googleAuth.accounts(ADA.sub), before)
  const url = await ada.start('?connect=1')
  const stranger = browser()
  for (const [name, cookie] of ada.cookies) if (name.includes('attempt')) stranger.cookies.set(name, cookie)
  const back = new URL(await google.approve(url, { sub: GRACE.sub }))
  google.resetCounts()
  const reply = await stranger.navigate(back.pathname + back.search)
  t.equal(reply.status, 403)
  t.equal(google.count('token'), 0)
  t.equal(stranger.session, undefined)
})

t.test('the own end keeps the access of somebody who added the account', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, app } = await startApp(t, google)
  const ada = await signedIn()
  const grace = await signedIn(GRACE)
  await grace.visit(google, '/auth/start?connect=1', { sub: ADA.sub })
  t.same(await app.googleAuth.revoke(ADA.sub), { revokedAtGoogle: false })
  t.equal((await ada.fetch('/me')).status, 401, 'the sessions end')
  t.match(await app.googleAuth.status(GRACE.sub, ADA.sub), { state: 'active' })
  t.match(await app.googleAuth.clientFor(GRACE.sub, ADA.sub).token(), {})
  t.same(await app.googleAuth.revoke(GRACE.sub), { revokedAtGoogle: true })
  t.equal(google.grants(ADA.sub).refreshTokens, 0)
})

t.test('connect mode and sign-in mode refuse what does not fit', async (t) => {
  const google = await startGoogle(t)
  for (const options of [
    { onSignIn: () => {} },
    { session: {} },
    { signInLifetime: 60 },
    { storage: (() => {}) as never }
  ]) {
    await t.rejects(startApp(t, google, { options: { owner: () => 'ann', ...options } }), {
      name: 'TypeError',
      message: /owner/
    })
  }
  const { app, browser } = await startApp(t, google, { options: { owner: () => 'ann' }, routes: () => {} })
  t.equal((await browser().fetch('/auth/signout', { method: 'POST' })).status, 404)
  await t.rejects(app.googleAuth.signOutEverywhere('ann'), TypeError)
  const promising = await startApp(t, google, {
    options: { owner: (async () => 'ann') as never },
    routes: (app) => void app.get('/accounts', (request) => request.googleAccounts())
  })
  t.equal((await promising.browser().fetch('/accounts')).status, 500)
  t.equal((await promising.browser().fetch('/auth/start')).status, 500)
})
