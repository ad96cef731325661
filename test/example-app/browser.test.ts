import t from 'tap'
import { launchBrowser, takeScreenshots } from '../support/browser.js'
import { ADA, CALENDAR_EVENTS, runningApp } from './running-app.js'
import { newVisitor } from './visitor.js'

const browser = await launchBrowser(t)
const { app, url, emulator, forgetEverybody } = await runningApp(t)

t.beforeEach(forgetEverybody)

t.test('from the first visit to a new event', async (t) => {
  const visitor = await newVisitor(browser, url)
  const { page } = visitor

  await visitor.open('/')
  t.equal(await visitor.heading(), 'What is next in your calendar?')
  await takeScreenshots(page, 'home-signed-out')
  await visitor.follow('Sign in with Google')
  await takeScreenshots(page, 'google-accounts')
  await visitor.choose('Ada Lovelace')
  await takeScreenshots(page, 'google-consent-sign-in')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/')
  t.equal(await visitor.heading(), 'Hello, Ada')
  await takeScreenshots(page, 'home-signed-in')

  await visitor.goTo('Who am I')
  await visitor.arrivesAt(t, '/me')
  t.match(await visitor.text(), 'ada@example.com')
  const width = await page.evaluate(
    "document.querySelector('.portrait').decode().then(() => document.querySelector('.portrait').naturalWidth)"
  )
  t.equal(width, 96, 'the picture is shown')
  await takeScreenshots(page, 'me')

  t.notOk(emulator.grants(ADA).scopes.includes(CALENDAR_EVENTS), 'the calendar was not asked for yet')
  await visitor.goTo('Events')
  t.match(await visitor.text(), 'View and edit events', 'Google asks, without the account chooser')
  await takeScreenshots(page, 'google-consent-calendar')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
  t.match(await visitor.text(), 'Review of the Analytical Engine')
  await takeScreenshots(page, 'events')

  await page.getByLabel('What', { exact: true }).fill('')
  await page.getByLabel('Day').fill('2001-01-01')
  await visitor.press('Add to my calendar')
  t.match(await page.getByRole('alert').innerText(), 'Not saved yet')
  t.equal(await page.evaluate('document.activeElement.role'), 'alert', 'the summary of the problems has the focus')
  await page.getByRole('alert').getByRole('link', { name: 'That day has passed' }).click()
  t.equal(await page.evaluate('document.activeElement.name'), 'day', 'its links lead to the fields')
  t.match(await visitor.text(), /Day\s+That day has passed/, 'each problem stands beside its field too')
  await takeScreenshots(page, 'events-problems')

  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  await page.getByLabel('What', { exact: true }).fill('Tea with <b>Charles</b> & "Mary"')
  await page.getByLabel('Day').fill(tomorrow)
  await page.getByLabel('Begins at').selectOption('17:30')
  await page.getByLabel('How long').selectOption('two hours')
  await page.getByLabel('Where').fill('The garden')
  await visitor.press('Add to my calendar')
  await visitor.arrivesAt(t, '/events?done=added')
  t.match(await page.getByRole('status').innerText(), 'in the calendar')
  t.match(await visitor.text(), /17:30 – 19:30\s+Tea with <b>Charles<\/b> & "Mary"\s+The garden/)
  await takeScreenshots(page, 'events-added')
  const kept = emulator.calendar(ADA).events.find(({ location }) => location === 'The garden')
  t.match(kept, {
    start: { dateTime: `${tomorrow}T17:30:00`, timeZone: 'UTC' },
    end: { dateTime: `${tomorrow}T19:30:00`, timeZone: 'UTC' }
  })
  await page.reload()
  t.equal(await page.getByText('The garden').count(), 1, 'a reload adds nothing')
  t.same(visitor.complaints, [], 'the browser complains about nothing')
})

t.test('the way back leads to the page that was asked for', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.open('/me?from=a%20link')
  await visitor.choose('Grace Hopper')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/me?from=a%20link')
})

t.test('two tabs sign in at once', async (t) => {
  const one = await newVisitor(browser, url)
  const two = await newVisitor(browser, url, one)
  await one.open('/me')
  await two.open('/account')
  await one.choose('Ada Lovelace')
  await two.choose('Ada Lovelace')
  await one.consent('Continue')
  await one.arrivesAt(t, '/me')
  await two.consent('Continue')
  await two.arrivesAt(t, '/account')
  await one.page.reload()
  t.match(await one.text(), 'ada@example.com', 'still signed in')
})

t.test('a used return address shows no error', async (t) => {
  const visitor = await newVisitor(browser, url)
  let returned = ''
  visitor.page.on('request', (request) => {
    if (request.url().startsWith(`${url}/auth/return`)) returned = request.url()
  })
  await visitor.signIn('Ada Lovelace')
  t.match(returned, 'code=')
  const response = await visitor.page.goto(returned)
  t.equal(response?.status(), 200)
  await visitor.arrivesAt(t, '/')
  t.equal(await visitor.heading(), 'Hello, Ada')
})

t.test('back at the page on which the sign-in began, one is signed in', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signIn('Ada Lovelace')
  // Home, the account chooser, the consent page, home.
  await visitor.page.evaluate('history.go(-3)')
  await visitor.page.getByRole('heading', { name: 'Hello, Ada' }).waitFor()
  t.equal(await visitor.page.evaluate('history.length > 3'), true)
})

t.test('a form sent after the session has ended leads to a sign-in, and back to its page', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signInWithCalendar('Ada Lovelace')
  await app.googleAuth.signOutEverywhere(ADA)
  await visitor.page.getByLabel('What', { exact: true }).fill('Lost in time')
  await visitor.press('Add to my calendar')
  await visitor.page.getByRole('link', { name: 'Sign in' }).click()
  await visitor.choose('Ada Lovelace')
  await visitor.arrivesAt(t, '/events')
  t.same(visitor.complaints, [], 'no form has to end up at Google, which a security policy may forbid')
})
