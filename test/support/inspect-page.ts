import { mkdirSync } from 'node:fs'
import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { overflowAt } from './browser.js'

/** WCAG 2.2 A and AA, with what came before it, and what axe holds for good practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const NARROWEST = 320
const LOOKS = [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark']
] as const
/** How long a page may take on a busy machine. */
const PATIENCE_MS = 10_000
const SCREENSHOTS = 'artifacts/pages'

/** What axe finds wrong with the page as it looks now, and each text whose contrast axe cannot decide. Each is one line. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations, incomplete } = await page.evaluate<AxeResults>(
    `axe.run(${JSON.stringify({ runOnly: TAGS, resultTypes: ['violations', 'incomplete'] })})`
  )
  const undecided = incomplete.filter(({ id }) => id === 'color-contrast')
  return [...violations, ...undecided].flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
  )
}

/**
 * Waits for the page that shows `texts`, and looks at it on a desktop and on a phone, in light and in dark: axe finds nothing, and
 * nothing scrolls sideways. With the environment variable SCREENSHOTS it saves pictures too.
 */
export async function inspect(t: Test, page: Page, name: string, ...texts: [string, ...string[]]): Promise<void> {
  for (const text of texts) {
    const shown = page.getByText(text).filter({ visible: true }).first()
    await shown.waitFor({ timeout: PATIENCE_MS }).catch(() => undefined)
    t.match(await page.locator('body').innerText(), text, `${name} shows its text`)
  }
  const before = page.viewportSize()
  for (const [width, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    t.same(await findings(page), [], `${name}, ${width} px, ${colorScheme}`)
    if (!process.env['SCREENSHOTS']) continue
    mkdirSync(SCREENSHOTS, { recursive: true })
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true })
  }
  t.equal(await overflowAt(page, NARROWEST), 0, `${name} fits ${NARROWEST} px`)
  await page.emulateMedia({ colorScheme: 'light' })
  if (before) await page.setViewportSize(before)
}
