import t from 'tap'
import { launchBrowser, overflowAt, takeScreenshots } from '../support/browser.js'
import { runningApp } from './running-app.js'
import { newVisitor } from './visitor.js'

const browser = await launchBrowser(t)
const { url, emulator, forgetEverybody } = await runningApp(t)

t.beforeEach(forgetEverybody)

t.test('pages for what is missing, and for what is out of order', async (t) => {
  const visitor = await newVisitor(browser, url)
  t.equal((await visitor.open('/nowhere'))?.status(), 404)
  await takeScreenshots(visitor.page, 'not-found')
  await visitor.signInWithCalendar('Ada Lovelace')
  const heal = emulator.failNext('api', { status: 429, times: Infinity })
  t.equal((await visitor.open('/events'))?.status(), 503)
  t.match(await visitor.text(), 'try again')
  await takeScreenshots(visitor.page, 'unavailable')
  heal()
  await visitor.follow('Try again')
  await visitor.page.getByRole('heading', { name: 'Events' }).waitFor()
})

t.test('every page fits a narrow phone', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.open('/')
  t.equal(await overflowAt(visitor.page, 360), 0, 'home, signed out')
  await visitor.signInWithCalendar('Katherine Johnson')
  for (const path of ['/', '/me', '/events', '/account', '/nowhere']) {
    await visitor.open(path)
    t.equal(await overflowAt(visitor.page, 360), 0, path)
  }
})
