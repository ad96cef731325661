/** Several Google accounts of one user, in a real browser. */
import t from 'tap'
import { launchBrowser, takeScreenshots } from '../support/browser.js'
import { ADA, runningApp } from './running-app.js'
import { newVisitor } from './visitor.js'

const GRACE = '113374039128844615207'
const HOUR_MS = 3_600_000

t.test('add an account, see both calendars in one list, disconnect it', async (t) => {
  const browser = await launchBrowser(t)
  const { url, emulator } = await runningApp(t)
  const at = (hours: number): { start: { dateTime: string }; end: { dateTime: string } } => ({
    start: { dateTime: new Date(Date.now() + hours * HOUR_MS).toISOString() },
    end: { dateTime: new Date(Date.now() + (hours + 1) * HOUR_MS).toISOString() }
  })
  emulator.calendar(ADA).insert({ summary: 'Tea with Charles', ...at(2) })
  emulator.calendar(GRACE).insert({ summary: 'Find the moth', ...at(1) })

  const visitor = await newVisitor(browser, url)
  await visitor.signInWithCalendar('Ada Lovelace')
  await visitor.goTo('Account')
  await visitor.follow('Add an account')
  await visitor.choose('Grace Hopper')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/account?done=account-added')
  t.match(await visitor.text(), /ada@example\.com[^]*you sign in with this one[^]*grace@example\.com/)
  await takeScreenshots(visitor.page, 'accounts')

  await visitor.goTo('Events')
  const items = visitor.page.locator('.events li')
  t.same(
    (await items.locator('strong').allInnerTexts()).slice(0, 2),
    ['Find the moth', 'Tea with Charles'],
    'one list, by time'
  )
  const [first, second] = await items.evaluateAll((all) => all.map((item) => item.className))
  t.ok(first && second && first !== second, 'a colour each')
  t.match(await items.first().innerText(), 'grace@example.com', 'and a name')
  await takeScreenshots(visitor.page, 'events-of-two-accounts')

  await visitor.page.getByLabel('What').fill('Debugging')
  await visitor.page.getByLabel('In which calendar').selectOption({ label: 'grace@example.com' })
  await visitor.press('Add to my calendar')
  await visitor.arrivesAt(t, '/events?done=added')
  t.ok(emulator.calendar(GRACE).events.some(({ summary }) => summary === 'Debugging'))

  emulator.revokeGrant(GRACE)
  emulator.expireAccessTokens(GRACE)
  await visitor.open('/events')
  t.match(await visitor.text(), /The calendar of grace@example\.com cannot be read[^]*Tea with Charles/)
  await takeScreenshots(visitor.page, 'events-one-lost')
  await visitor.goTo('Account')
  t.match(await visitor.text(), 'Google has ended the access of this app')
  await visitor.press('Disconnect grace@example.com')
  await visitor.arrivesAt(t, '/account?done=account-disconnected')
  t.notMatch(await visitor.text(), 'grace@example.com')
  t.same(visitor.complaints, [])
})
