import type { Browser, BrowserContext, Page, Response } from 'playwright-core'
import type { Test } from 'tap'

/** How long a page may take on a busy machine. */
const PATIENCE_MS = 20_000

/** Somebody who visits the app with a browser profile of their own. */
export class Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** What the browser has complained about: blocked by the security policy, for example. */
  readonly complaints: string[] = []
  readonly #url: string

  constructor(page: Page, url: string) {
    this.page = page
    this.context = page.context()
    this.#url = url
    this.context.setDefaultTimeout(PATIENCE_MS)
    page.on('pageerror', (error) => this.complaints.push(error.message))
    page.on('console', (message) => {
      // Chromium also reports each answer of 400 and above; those are looked at where they are expected.
      const expected = message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && !expected) this.complaints.push(message.text())
    })
  }

  async open(path: string): Promise<Response | null> {
    return this.page.goto(this.#url + path)
  }

  /** Waits until the visitor stands on this page of the app. */
  async arrivesAt(t: Test, path: string): Promise<void> {
    await this.page.waitForURL(this.#url + path)
    t.pass(`arrives at ${path}`)
  }

  /** Follows a link of the app's navigation. */
  async goTo(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click()
  }

  /** Follows a link of the page itself. */
  async follow(name: string | RegExp): Promise<void> {
    await this.page.getByRole('main').getByRole('link', { name }).click()
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  /** Chooses an account on Google's page. */
  async choose(name: string): Promise<void> {
    await this.page.getByRole('button', { name }).click()
  }

  /** Answers Google's consent page; the boxes stay ticked unless told otherwise. */
  async consent(answer: 'Continue' | 'Cancel', { untick }: { untick?: string } = {}): Promise<void> {
    await this.page.getByRole('heading', { name: 'wants access' }).waitFor()
    if (untick) await this.page.locator(`input[value="${untick}"]`).uncheck()
    const before = this.page.url()
    await this.press(answer)
    await this.page.waitForURL((place) => place.href !== before)
  }

  /** Signs in from the home page, for the first time (`consent`) or again. */
  async signIn(name: string, { again = false } = {}): Promise<void> {
    await this.open('/')
    await this.follow('Sign in with Google')
    await this.choose(name)
    if (!again) await this.consent('Continue')
    await this.page.waitForURL(`${this.#url}/`)
  }

  /** Signs in and allows the calendar. */
  async signInWithCalendar(name: string): Promise<void> {
    await this.signIn(name)
    await this.open('/events')
    await this.consent('Continue')
    await this.page.waitForURL(`${this.#url}/events`)
  }

  /** The text of the page's main part. */
  text(): Promise<string> {
    return this.page.getByRole('main').innerText()
  }

  heading(): Promise<string> {
    return this.page.getByRole('heading', { level: 1 }).innerText()
  }

  isInvited(): Promise<boolean> {
    return this.page.getByRole('link', { name: 'Sign in with Google' }).isVisible()
  }
}

/** A visitor with a fresh profile, or with that of `companion`: another tab of the same browser. */
export async function newVisitor(browser: Browser, url: string, companion?: Visitor): Promise<Visitor> {
  const context = companion?.context ?? (await browser.newContext())
  return new Visitor(await context.newPage(), url)
}
