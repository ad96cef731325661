import t from 'tap'
import { launchBrowser, takeScreenshots } from '../support/browser.js'
import { ADA, runningApp } from './running-app.js'
import { newVisitor } from './visitor.js'

const browser = await launchBrowser(t)
const { url, emulator, forgetEverybody } = await runningApp(t)

t.beforeEach(forgetEverybody)

t.test('sign out, and nothing comes back', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signIn('Ada Lovelace')
  const copied = await visitor.context.cookies(url)
  await visitor.goTo('Account')
  t.match(await visitor.text(), /signed in as ada@example.com[^]*See your email address/)
  await takeScreenshots(visitor.page, 'account')
  await visitor.press('Sign out')
  await visitor.arrivesAt(t, '/?done=signed-out')
  t.ok(await visitor.isInvited())
  await takeScreenshots(visitor.page, 'signed-out')

  await visitor.page.goBack()
  await visitor.page.getByRole('heading', { name: 'Choose an account' }).waitFor()
  t.pass('the back button asks for a sign-in instead of showing the account')
  await visitor.context.addCookies(copied)
  await visitor.open('/')
  t.ok(await visitor.isInvited(), 'a copied cookie is dead')
  t.same(visitor.complaints, [])
})

t.test('sign out everywhere ends the sessions of every browser', async (t) => {
  const laptop = await newVisitor(browser, url)
  const phone = await newVisitor(browser, url)
  const other = await newVisitor(browser, url)
  await laptop.signIn('Ada Lovelace')
  await phone.signIn('Ada Lovelace', { again: true })
  await other.signIn('Grace Hopper')
  await laptop.goTo('Account')
  await laptop.press('Sign out everywhere')
  await laptop.arrivesAt(t, '/?done=signed-out-everywhere')
  t.match(await laptop.page.getByRole('status').innerText(), 'every other device')
  await phone.open('/')
  t.ok(await phone.isInvited(), 'the other device is signed out')
  await other.open('/')
  t.equal(await other.heading(), 'Hello, Grace', 'somebody else is not')
})

t.test('disconnect, and sign in again', async (t) => {
  const visitor = await newVisitor(browser, url)
  await visitor.signInWithCalendar('Ada Lovelace')
  await visitor.goTo('Account')
  t.match(await visitor.text(), 'See and change events on your calendars')
  await takeScreenshots(visitor.page, 'account-with-calendar')
  await visitor.press('Disconnect')
  await visitor.arrivesAt(t, '/?done=disconnected')
  t.same(emulator.grants(ADA), { scopes: [], refreshTokens: 0 }, 'Google was told')

  await visitor.signIn('Ada Lovelace')
  t.equal(await visitor.heading(), 'Hello, Ada')
  await visitor.goTo('Events')
  await visitor.consent('Continue')
  await visitor.arrivesAt(t, '/events')
  t.same(visitor.complaints, [])
})
