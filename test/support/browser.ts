import { accessSync, constants, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** No calls to its maker, and nothing that needs a GPU or a user namespace. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync'
]

const SCREENSHOTS = 'artifacts/screenshots'
const LOOKS = [
  ['desktop', 1280, 'light'],
  ['phone', 390, 'light'],
  ['phone-dark', 390, 'dark']
] as const

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of Chromium: named by CHROMIUM_PATH, in PATH, or where Playwright puts its own. */
function chromiumPath(): string {
  const { CHROMIUM_PATH = '', PATH = '' } = process.env
  const inPath = NAMES.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)))
  const found = [CHROMIUM_PATH, ...inPath, chromium.executablePath()].filter(Boolean).find(isProgram)
  if (found) return found
  throw new Error(
    'The tests in a browser need Chromium, in PATH or named by CHROMIUM_PATH. ' +
      'Install it, for example by `apt-get install --no-install-recommends chromium`.'
  )
}

/** A real Chromium. It closes with the test. */
export async function launchBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: FLAGS })
  t.teardown(() => browser.close())
  return browser
}

/** Saves pictures of the page: on a desktop, on a phone, and on a phone in dark mode. */
export async function takeScreenshots(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const before = page.viewportSize()
  for (const [look, width, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${look}.png`, fullPage: true })
  }
  await page.emulateMedia({ colorScheme: 'light' })
  if (before) await page.setViewportSize(before)
}

/** How many pixels the page is wider than a window of this width; 0 when it needs no horizontal scrolling. */
export async function overflowAt(page: Page, width: number): Promise<number> {
  const before = page.viewportSize()
  await page.setViewportSize({ width, height: 800 })
  const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  if (before) await page.setViewportSize(before)
  return Number(wider)
}
