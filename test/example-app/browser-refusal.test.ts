import t from 'tap'
import { launchBrowser, takeScreenshots } from '../support/browser.js'
import { ADA, CALENDAR_EVENTS, runningApp } from './running-app.js'
import { newVisitor } from './visitor.js'

const browser = await launchBrowser(t)
const { url, emulator, forgetEverybody } = await runningApp(t)

t.beforeEach(forgetEverybody)

t.test('an unticked scope ends on a page that offers to try again', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signIn('Ada Lovelace')
  await visitor.open('/events')
  await visitor.consent('Continue', { untick: CALENDAR_EVENTS })
  await visitor.arrivesAt(t, '/events')
  t.match(await visitor.text(), 'See and change events on your calendars')
  await takeScreenshots(visitor.page, 'plugin-scope-refused')
  t.equal((await visitor.page.reload())?.status(), 403, 'nobody is asked again by a reload')

  await visitor.follow(/home page/)
  await visitor.arrivesAt(t, '/')
  t.equal(await visitor.heading(), 'Hello, Ada', 'still signed in')
  await visitor.goTo('Account')
  await visitor.arrivesAt(t, '/account')

  await visitor.goTo('Events')
  await visitor.follow(/again|Allow access/)
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
  t.equal(await visitor.heading(), 'Events')
  t.same(visitor.complaints, [])
})

t.test('Cancel leaves the user signed in, and asking by hand works at once', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signIn('Grace Hopper')
  await visitor.open('/events')
  await visitor.consent('Cancel')
  await visitor.page.waitForURL(`${url}/auth/return?*`)
  await takeScreenshots(visitor.page, 'plugin-cancelled')
  await visitor.follow(/again|Allow access/)
  await visitor.consent('Cancel')
  await visitor.page.waitForURL(`${url}/auth/return?*`)

  await visitor.open('/')
  t.equal(await visitor.heading(), 'Hello, Grace', 'still signed in')
  t.equal((await visitor.open('/events'))?.status(), 403)
  await visitor.follow(/again|Allow access/)
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
  t.same(visitor.complaints, [])
})

t.test('Cancel at the first sign-in', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.open('/me')
  await visitor.choose('Ada Lovelace')
  await visitor.consent('Cancel')
  await visitor.page.waitForURL(`${url}/auth/return?*`)
  await takeScreenshots(visitor.page, 'plugin-sign-in-cancelled')
  await visitor.follow(/again|Allow access/)
  await visitor.choose('Ada Lovelace')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/me')
})

t.test('who comes back from consent as somebody else is told', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signIn('Ada Lovelace')
  await visitor.open('/events')
  await visitor.press('Use another account')
  await visitor.choose('Grace Hopper')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
  t.match(await visitor.text(), 'grace@example.com')
  await takeScreenshots(visitor.page, 'plugin-other-account')
  await visitor.follow('Continue')
  await visitor.page.getByRole('heading', { name: 'Events' }).waitFor()
  t.match(await visitor.page.getByRole('banner').innerText(), 'grace@example.com')
})

t.test('a sign-in that has gone stale offers to start again', async (t) => {
  const visitor = await newVisitor(browser, url)
  const answer = await visitor.open('/auth/return?state=0123456789abcdef0123456789abcdef&code=4%2F0Aold')
  t.equal(answer?.status(), 400)
  await takeScreenshots(visitor.page, 'plugin-stale-attempt')
  await visitor.follow(/again|Allow access/)
  await visitor.choose('Ada Lovelace')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/')
})

t.test('a sign-in while Google is in trouble', async (t) => {
  const visitor = await newVisitor(browser, url)
  const heal = emulator.failNext('token', { status: 503, times: Infinity })
  await visitor.open('/me')
  await visitor.choose('Ada Lovelace')
  await visitor.consent('Continue')
  await visitor.page.waitForURL(`${url}/auth/return?*`)
  await takeScreenshots(visitor.page, 'plugin-google-in-trouble')
  heal()
  await visitor.follow(/again|Allow access/)
  await visitor.choose('Ada Lovelace')
  // Google gives a refresh token with a consent only, and the first one was lost: so it asks once more.
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/me')
})

t.test('a permission that was taken back at Google can be given again', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signInWithCalendar('Ada Lovelace')
  emulator.failNext('api', { status: 403, body: { error: { code: 403, message: 'Insufficient Permission' } } })
  t.equal((await visitor.open('/events'))?.status(), 403)
  await takeScreenshots(visitor.page, 'calendar-refused')
  await visitor.follow('Allow access')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
  t.equal(await visitor.heading(), 'Events')

  emulator.revokeGrant(ADA)
  await visitor.page.reload()
  t.match(await visitor.text(), 'wants access', 'a grant that is gone leads to Google')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
})
