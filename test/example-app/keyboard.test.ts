import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { launchBrowser, takeScreenshots } from '../support/browser.js'
import { ADA, runningApp } from './running-app.js'
import { newVisitor } from './visitor.js'

const MOST_STOPS = 60

/** What has the focus: its name as people read it, and whether an outline shows that it has the focus. */
const FOCUSED = `(() => {
  const it = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(it)
  const { top, width } = it.getBoundingClientRect()
  const name = it.labels?.[0]?.innerText ?? it.innerText
  return { name: name.trim(), shown: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && width > 0 && top >= 0 }
})()`

/** Presses Tab until something of this name has the focus. Each stop on the way must show that it has the focus. */
async function tabTo(t: Test, page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = []
  while (passed.length < MOST_STOPS) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<{ name: string; shown: boolean }>(FOCUSED)
    if (!focused.shown) t.fail(`${focused.name} does not show that it has the focus`)
    if (typeof name === 'string' ? focused.name === name : name.test(focused.name)) return
    passed.push(focused.name)
  }
  throw new Error(`Tab does not lead to ${String(name)}, only to: ${passed.join(', ')}`)
}

t.test('the keyboard alone is enough: sign in, add an event, see it, sign out', async (t) => {
  const browser = await launchBrowser(t)
  const { url, emulator } = await runningApp(t)
  const visitor = await newVisitor(browser, url)
  const { page } = visitor
  const { keyboard } = page
  const follow = async (name: string | RegExp, key = 'Enter'): Promise<void> => {
    await tabTo(t, page, name)
    await Promise.all([page.waitForEvent('load'), keyboard.press(key)])
  }

  await visitor.open('/')
  await tabTo(t, page, 'Skip to the content')
  await takeScreenshots(page, 'skip-link')
  await keyboard.press('Enter')
  await keyboard.press('Tab')
  t.equal(await page.evaluate('document.activeElement.className'), 'google-button', 'past the navigation')
  await takeScreenshots(page, 'focus')
  await Promise.all([page.waitForEvent('load'), keyboard.press('Enter')])
  await follow(/Ada Lovelace/, 'Space')
  await follow('Continue')
  await visitor.arrivesAt(t, '/')
  await follow('Show my events')
  await follow('Continue', 'Space')
  await visitor.arrivesAt(t, '/events')

  await follow('Add to my calendar')
  t.equal(await page.evaluate('document.activeElement.role'), 'alert', 'the summary of the problems has the focus')
  await tabTo(t, page, /Give the event a name/)
  await keyboard.press('Enter')
  t.equal(await page.evaluate('document.activeElement.name'), 'summary', 'its link leads to the field')
  await keyboard.type('Tea with the keys')
  await tabTo(t, page, 'Begins at')
  await keyboard.type('23:30')
  await follow('Add to my calendar', 'Space')
  await visitor.arrivesAt(t, '/events?done=added')
  t.match(await visitor.text(), /23:30 – 00:30\s+Tea with the keys/)
  t.equal(emulator.calendar(ADA).events.filter(({ summary }) => summary === 'Tea with the keys').length, 1)

  await follow('Sign out')
  await visitor.arrivesAt(t, '/?done=signed-out')
  t.ok(await visitor.isInvited())
  t.same(visitor.complaints, [])
})
