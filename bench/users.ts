import { Browser, repeat } from './browser.js'

const AT_ONCE = 20

/** So many new users, each signed in with a browser of its own; with `login_hint`, all are the same user. */
export async function signInUsers(app: string, count: number, loginHint?: string): Promise<Browser[]> {
  const start = loginHint === undefined ? '/auth/start' : `/auth/start?login_hint=${loginHint}`
  const browsers: Browser[] = []
  await repeat(count, AT_ONCE, async () => {
    const browser = new Browser(app)
    await browser.visit(start)
    browsers.push(browser)
  })
  return browsers
}
