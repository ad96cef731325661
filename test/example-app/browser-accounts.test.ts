import t from 'tap'
import { launchBrowser, overflowAt, takeScreenshots } from '../support/browser.js'
import { ADA, CALENDAR_EVENTS, GRACE, runningApp } from './running-app.js'
import { newVisitor, type Visitor } from './visitor.js'

const browser = await launchBrowser(t)
const { app, url, emulator, forgetEverybody } = await runningApp(t)

t.beforeEach(forgetEverybody)

async function add(visitor: Visitor, name: string, consent: { untick?: string } = {}): Promise<void> {
  await visitor.goTo('Account')
  await visitor.follow('Add an account')
  await visitor.choose(name)
  await visitor.consent('Continue', consent)
  await visitor.page.waitForURL(`${url}/account?done=connected`)
}

/** The colours that the events of an account have at their edge. */
async function coloursOf({ page }: Visitor, label: string): Promise<string[]> {
  const items = `[...document.querySelectorAll('.events li')].filter(({ innerText }) => innerText.includes('${label}'))`
  return page.evaluate(`[...new Set(${items}.map((item) => getComputedStyle(item).borderLeftColor))]`)
}

t.test('a second account is added, is seen by colour and name, and is disconnected', async (t) => {
  const visitor = await newVisitor(browser, url)
  const { page } = visitor
  await visitor.signInWithCalendar('Ada Lovelace')
  t.equal(await page.getByLabel('Calendar of').count(), 0, 'with one account there is nothing to choose')
  await add(visitor, 'Grace Hopper')
  t.match(await visitor.page.getByRole('status').innerText(), 'The account is connected')
  const loaded = 'Promise.all([...document.images].map((image) => image.decode())).then((images) => images.length)'
  t.equal(await page.evaluate(loaded), 3, 'the icon and both pictures are shown')
  await takeScreenshots(page, 'account-with-two')

  await visitor.goTo('Events')
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const [adas, graces] = [await coloursOf(visitor, 'ada@example.com'), await coloursOf(visitor, 'grace@example.com')]
    t.equal(adas.length, 1)
    t.equal(graces.length, 1)
    t.not(adas[0], graces[0], `two colours, ${colorScheme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await takeScreenshots(page, 'events-of-two')
  t.equal(await overflowAt(page, 360), 0)

  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await page.getByLabel('What', { exact: true }).fill('Nanoseconds for everybody')
  await page.getByLabel('Day').fill(tomorrow)
  await page.getByLabel('Begins at').selectOption('09:00')
  await page.getByLabel('Calendar of').selectOption('grace@example.com')
  await visitor.press('Add to my calendar')
  await visitor.arrivesAt(t, '/events?done=added')
  const added = page.locator('.events li', { hasText: 'Nanoseconds' })
  t.match(await added.innerText(), 'grace@example.com')
  t.notOk(emulator.calendar(ADA).events.some(({ summary }) => summary === 'Nanoseconds for everybody'))

  await visitor.goTo('Account')
  await visitor.press('Disconnect grace@example.com')
  await visitor.arrivesAt(t, '/account?done=account-disconnected')
  await takeScreenshots(page, 'account-disconnected')
  t.notMatch(await visitor.text(), 'Grace Hopper')
  t.same(emulator.grants(GRACE), { scopes: [], refreshTokens: 0 }, 'Google was told')
  await visitor.goTo('Events')
  t.notMatch(await visitor.text(), 'grace@example.com')
  t.same(visitor.complaints, [])
})

t.test('a lost account, one without its calendar and one that ends soon are seen, and healed', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signInWithCalendar('Ada Lovelace')
  await add(visitor, 'Grace Hopper')
  await add(visitor, 'Katherine Johnson', { untick: CALENDAR_EVENTS })
  emulator.revokeGrant(GRACE)
  emulator.expireAccessTokens(GRACE)
  const own = app.googleAuth.storageFor(ADA)
  const token = await own.get()
  await own.put(token!.with({ refreshTokenExpiresAt: Date.now() + 86_400_000 }))

  await visitor.goTo('Events')
  t.match(await visitor.text(), /grace@example.com has lost its connection[^]*katherine@workspace.example does not let/)
  await takeScreenshots(visitor.page, 'events-with-notices')
  t.equal(await overflowAt(visitor.page, 360), 0)
  await visitor.goTo('Account')
  t.match(await visitor.text(), /Access ends on[^]*Connection lost\.[^]*Allow the calendar/)
  await takeScreenshots(visitor.page, 'account-with-trouble')
  t.equal(await overflowAt(visitor.page, 360), 0)

  await visitor.follow('Give access again for grace@example.com')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/account?done=connected')
  await visitor.follow('Allow the calendar for katherine@workspace.example')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/account?done=connected')
  await visitor.goTo('Events')
  t.notMatch(await visitor.text(), /has lost|does not let/)
  t.match(await visitor.text(), /grace@example.com[^]*katherine@workspace.example/)
  t.same(visitor.complaints, [])
})
