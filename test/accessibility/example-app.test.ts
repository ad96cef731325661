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
  const look = (name: string, ...texts: [string, ...string[]]) => inspect(t, page, `app-${name}`, ...texts)
  const lookAt = async (path: string, name: string, ...texts: [string, ...string[]]): Promise<void> => {
    await visitor.open(path)
    await look(name, ...texts)
  }

  await lookAt('/', 'home', 'Sign in to begin.')
  await lookAt('/nowhere', 'not-found', 'There is nothing here')
  await visitor.signIn('Ada Lovelace')
  await look('home-without-calendar', 'Datebook does not see your calendar yet.')
  await visitor.goTo('Events')
  await visitor.consent('Continue')
  await look('events', 'Review of the Analytical Engine')
  await visitor.press('Add to my calendar')
  await look('events-refused', 'Not saved yet.')
  await page.getByLabel('What', { exact: true }).fill('Tea')
  await visitor.press('Add to my calendar')
  await visitor.arrivesAt(t, '/events?done=added')
  await look('events-added', 'Your event is in the calendar.')
  await lookAt('/', 'home-with-events', 'Hello, Ada', 'Tea')
  await lookAt('/me', 'me', 'Id at Google')
  await lookAt('/account', 'account', 'You always sign in with the first one.')

  emulator.failNext('api', { status: 403, body: { error: { code: 403, message: 'Insufficient Permission' } } })
  await lookAt('/events', 'calendar-refused', 'Your calendar is closed to us')
  const heal = emulator.failNext('api', { status: 429, times: Infinity })
  await lookAt('/events', 'unavailable', 'Out of order for a moment')
  await lookAt('/', 'home-unavailable', 'Your events cannot be shown just now.')
  heal()

  await visitor.open('/account')
  await visitor.follow('Add an account')
  await visitor.choose('Grace Hopper')
  await visitor.consent('Continue')
  await look('account-with-two', 'The account is connected.')
  await lookAt('/events', 'events-of-two', 'Times are those of your first calendar')
  emulator.revokeGrant(GRACE)
  emulator.expireAccessTokens(GRACE)
  const own = app.googleAuth.storageFor(ADA)
  await own.put((await own.get())!.with({ refreshTokenExpiresAt: Date.now() + 86_400_000 }))
  await lookAt('/events', 'events-with-one-lost', 'Connect it again', 'Add to my calendar')
  await lookAt('/account', 'account-with-trouble', 'Access ends on')

  for (const { id } of [...emulator.calendar(ADA).events]) emulator.calendar(ADA).delete(id)
  await lookAt('/events', 'events-empty', 'Enjoy the quiet, or add something.')
  await lookAt('/', 'home-empty', 'Hello, Ada', 'Nothing is planned.')
})
