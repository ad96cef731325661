import { cookieOf, hasEnded, isFor, type TestCookie } from './cookies.js'

/** The cookies of one browser. */
export class CookieJar {
  readonly #cookies = new Map<string, TestCookie>()

  add(cookies: Iterable<TestCookie>): void {
    for (const cookie of cookies) {
      const key = JSON.stringify([cookie.name, cookie.domain, cookie.path])
      if (hasEnded(cookie)) this.#cookies.delete(key)
      else this.#cookies.set(key, cookie)
    }
  }

  /** Keeps what the lines of `Set-Cookie` of an answer from `url` say. */
  keep(lines: string | readonly string[] | undefined, url: URL): void {
    this.add([lines ?? []].flat().map((line) => cookieOf(line, url)))
  }

  all(): TestCookie[] {
    return [...this.#cookies.values()].filter((cookie) => !hasEnded(cookie))
  }

  /** The header with the cookies for `url`; nothing when there are none. */
  headersFor(url: URL): { cookie?: string } {
    return cookieHeader(this.all().filter((cookie) => isFor(cookie, url)))
  }
}

/** The header with these cookies; nothing when there are none. */
export function cookieHeader(cookies: readonly TestCookie[]): { cookie?: string } {
  if (cookies.length === 0) return {}
  return { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }
}
