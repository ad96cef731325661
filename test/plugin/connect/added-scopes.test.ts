/** More access for an account that is connected: what it allowed before stays. */
import t from 'tap'
import { ADA, CALENDAR, demoRoutes, DRIVE, startApp, startGoogle } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('a link that asks a connected account for something else adds to what it allowed', async (t) => {
  const google = await startGoogle(t)
  const app = await startConnectApp(t, google, { scopes: ['email'] }, (app) => {
    app.get('/drive', { onRequest: app.googleAuth.required({ scopes: [DRIVE] }) }, () => ({ drive: true }))
  })
  const { startUrl } = app.app.googleAuth
  const ann = app.of('ann')
  await app.connect(ann, ADA, startUrl({ scopes: [CALENDAR] }))
  t.equal((await ann.fetch('/events')).json().status, 200)
  // The link names no account: Google asks which, and the user picks the one that is connected.
  const page = await app.connect(ann, ADA, startUrl({ scopes: [DRIVE], returnTo: '/drive' }))
  t.match(page.json(), { drive: true })
  t.equal((await ann.fetch('/events')).json().status, 200, 'and the calendar as before')
  const asked = page.hops.filter((url) => url.startsWith(google.issuer)).map((url) => new URL(url).searchParams)
  t.equal(asked.length, 2, 'the second visit to Google asks for both together')
  t.match(asked[1]?.get('scope'), CALENDAR)
  t.match(asked[1]?.get('scope'), DRIVE)
  t.equal(asked[1]?.get('login_hint'), ADA.email)
})

t.test('the same where the second visit is cancelled: what was allowed before stays', async (t) => {
  const google = await startGoogle(t)
  const app = await startConnectApp(t, google, { scopes: ['email'] }, (app) => {
    app.get('/drive', { onRequest: app.googleAuth.required({ scopes: [DRIVE] }) }, () => ({ drive: true }))
  })
  const ann = app.of('ann')
  await app.connect(ann, ADA, app.app.googleAuth.startUrl({ scopes: [CALENDAR] }))
  const first = await ann.start(`?${new URLSearchParams({ scope: DRIVE, return_to: '/drive' }).toString()}`)
  const back = await ann.navigate((await google.approve(first, ADA)).slice(ann.origin.length))
  t.match(back.location, google.issuer)
  await ann.navigate((await google.cancel(back.location, ADA)).slice(ann.origin.length))
  t.equal((await ann.fetch('/events')).json().status, 200)
})

t.test('a refusal that was answered since is forgotten, also when another is remembered', async (t) => {
  const google = await startGoogle(t)
  const app = await startConnectApp(t, google, { scopes: ['email'] }, (app) => {
    app.get('/both', { onRequest: app.googleAuth.required({ scopes: [CALENDAR, DRIVE] }) }, () => ({ both: true }))
  })
  const ann = app.of('ann')
  const cancelled = await ann.navigate((await ann.navigate('/both')).location)
  await ann.navigate((await google.cancel(cancelled.location, ADA)).slice(ann.origin.length))
  const link = app.app.googleAuth.startUrl({ scopes: [CALENDAR, DRIVE] })
  const returned = await google.approve(await ann.start(link.slice('/auth/start'.length)), { ...ADA, untick: [DRIVE] })
  await ann.navigate(returned.slice(ann.origin.length))
  t.equal((await ann.fetch('/events')).json().status, 200)
  await app.app.googleAuth.revoke('ann', ADA.sub)
  const again = await ann.navigate('/calendar')
  t.equal(again.status, 302, 'no page about a refusal that was answered')
})

t.test('the own account of a signed-in user, picked for a link that adds an account', async (t) => {
  const google = await startGoogle(t)
  const { app, signedIn } = await startApp(t, google, {
    routes(app) {
      demoRoutes(app, google)
      app.get('/drive', { onRequest: app.googleAuth.required({ scopes: [DRIVE] }) }, () => ({ drive: true }))
    }
  })
  const ada = await signedIn()
  t.match((await ada.visit(google, '/calendar', ADA)).json(), { calendar: true })
  const link = app.googleAuth.startUrl({ connect: true, scopes: [DRIVE], returnTo: '/drive' })
  t.match((await ada.visit(google, link, ADA)).json(), { drive: true })
  t.match((await ada.fetch('/events')).json(), { status: 200 })
})
