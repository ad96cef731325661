import t from 'tap'
import { ADA, GRACE, runningApp } from '../example-app/running-app.js'
import { newVisitor } from '../example-app/visitor.js'
import { launchBrowser } from '../support/browser.js'
import { inspect } from '../support/inspect-page.js'

const browser = await launchBrowser(t)
const { app, url, emulator } = await runningApp(t)

t.test('every page of the example app', async (t) => {
  const visitor = await newVisitor(browser, url)
  const { page } = visitor
  const look = (name: string) => inspect(t, page, `app-${name}`)

  await visitor.open('/')
  await look('home')
  await visitor.open('/nowhere')
  await look('not-found')
  await visitor.signIn('Ada Lovelace')
  await look('home-without-calendar')
  await visitor.goTo('Events')
  await visitor.consent('Continue')
  await look('events')
  await visitor.press('Add to my calendar')
  await look('events-refused')
  await page.getByLabel('What', { exact: true }).fill('Tea')
  await visitor.press('Add to my calendar')
  await visitor.arrivesAt(t, '/events?done=added')
  await look('events-added')
  await visitor.open('/')
  await look('home-with-events')
  await visitor.open('/me')
  await look('me')
  await visitor.open('/account')
  await look('account')

  emulator.failNext('api', { status: 403, body: { error: { code: 403, message: 'Insufficient Permission' } } })
  await visitor.open('/events')
  await look('calendar-refused')
  const heal = emulator.failNext('api', { status: 429, times: Infinity })
  await visitor.open('/events')
  await look('unavailable')
  await visitor.open('/')
  await look('home-unavailable')
  heal()

  await visitor.open('/account')
  await visitor.follow('Add an account')
  await visitor.choose('Grace Hopper')
  await visitor.consent('Continue')
  await look('account-with-two')
  await visitor.open('/events')
  await look('events-of-two')
  emulator.revokeGrant(GRACE)
  emulator.expireAccessTokens(GRACE)
  const own = app.googleAuth.storageFor(ADA)
  await own.put((await own.get())!.with({ refreshTokenExpiresAt: Date.now() + 86_400_000 }))
  await visitor.open('/events')
  await look('events-with-one-lost')
  await visitor.open('/account')
  await look('account-with-trouble')

  for (const { id } of [...emulator.calendar(ADA).events]) emulator.calendar(ADA).delete(id)
  await visitor.open('/events')
  await look('events-empty')
  await visitor.open('/')
  await look('home-empty')
})
