import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { entranceOf, type AppUnderTest } from './app.js'
import { CookieJar } from './cookie-jar.js'
import type { TestCookie } from './cookies.js'

/** Options of `createBrowser`. */
export interface BrowserOptions {
  /** The origin in the address bar. Default: that of `redirectUri`. */
  origin?: string
  /** Cookies to begin with: those of `signIn`. */
  cookies?: Iterable<TestCookie>
}

/** A request of a test. */
export interface RequestParams {
  /** Default: `GET`. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** Headers in addition to those of the browser, in lower case. */
  headers?: Record<string, string>
  /** The body: a text as it is; an object is sent as JSON. */
  body?: string | object
}

/** What a browser shows. */
export interface Page {
  /** Where the browser is; for a redirect out of the app, the URL there. */
  url: string
  /** Whether the app has sent the browser elsewhere, to Google for example. */
  left: boolean
  /** The status of the last answer of the app. */
  statusCode: number
  /** The headers of the last answer of the app. */
  headers: LightMyRequestResponse['headers']
  /** The body of the last answer of the app. */
  body: string
  /** The body, read as JSON. */
  json: LightMyRequestResponse['json']
}

/** So many redirects in a row are a loop, as for browsers. */
const MOST_REDIRECTS = 20
const VISIT = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document'
}
const SCRIPT = { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** A browser over `app.inject`, with cookies of its own. It reads no HTML and runs no scripts. */
export class TestBrowser {
  readonly #app: AppUnderTest
  readonly #givenOrigin: string | undefined
  readonly #jar = new CookieJar()
  #at: string | undefined

  /**
   * A browser; `createBrowser` makes one.
   * @param app The app.
   * @param options Where the app is, and the first cookies.
   */
  constructor(app: AppUnderTest, { origin, cookies = [] }: BrowserOptions = {}) {
    this.#app = app
    this.#givenOrigin = origin
    this.#jar.add(cookies)
  }

  /** The cookies that the browser holds: what `addCookies` of Playwright takes. */
  get cookies(): TestCookie[] {
    return this.#jar.all()
  }

  /**
   * Gives the browser more cookies.
   * @param cookies For example those of `signIn`.
   */
  addCookies(cookies: Iterable<TestCookie>): void {
    this.#jar.add(cookies)
  }

  /**
   * The page that a user sees who goes to `url`. Redirects within the app are followed. One that leads out of it is not: the page
   * names its target, and the next visit goes on from there. Throws an `Error` for a URL of another origin, and for 20 redirects.
   * @param url A path, or a URL of the app.
   * @param options More headers.
   * @param options.headers Headers in addition to those of a browser.
   */
  visit(url: string, { headers = {} }: Pick<RequestParams, 'headers'> = {}): Promise<Page> {
    return this.#go(url, { headers: { ...VISIT, 'sec-fetch-site': 'none', ...headers } })
  }

  /**
   * The page after a form of this app was sent. Redirects are followed as by `visit`.
   * @param url A path, or a URL of the app.
   * @param fields The fields of the form.
   * @param options More headers.
   * @param options.headers Headers in addition to those of a browser.
   */
  async submit(
    url: string,
    fields: Record<string, string> = {},
    { headers = {} }: Pick<RequestParams, 'headers'> = {}
  ): Promise<Page> {
    const origin = await this.#origin()
    return this.#go(url, {
      method: 'POST',
      headers: { ...VISIT, ...FORM, origin, ...this.#referer(), 'sec-fetch-site': 'same-origin', ...headers },
      body: new URLSearchParams(fields).toString()
    })
  }

  /**
   * The answer to a script of a page of this app. Redirects are not followed.
   * @param url A path, or a URL of the app.
   * @param params The request.
   */
  async fetch(url: string, { headers = {}, method = 'GET', ...params }: RequestParams = {}): Promise<Page> {
    const origin = await this.#origin()
    const from = method === 'GET' || method === 'HEAD' ? {} : { origin }
    const sent = { ...SCRIPT, ...from, ...this.#referer(), 'sec-fetch-site': 'same-origin', ...headers }
    const target = this.#inApp(url, origin)
    return pageOf(target, await this.#send(target, { ...params, method, headers: sent }))
  }

  async #go(url: string, params: RequestParams): Promise<Page> {
    const origin = await this.#origin()
    let [target, request] = [this.#inApp(url, this.#at ?? origin, origin), params]
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
      const response = await this.#send(target, request)
      this.#at = target.href
      const next = redirectOf(response, target)
      if (next === null) return pageOf(target, response)
      if (next.origin !== origin) return { ...pageOf(next, response), left: true }
      const { method = 'GET' } = request
      // 307 and 308 repeat the request. After any other redirect a browser asks with GET.
      if (response.statusCode < 307 && method !== 'HEAD') {
        const { headers = {} } = request
        const { 'content-type': _, origin: _origin, ...kept } = headers
        request = { headers: kept }
      }
      target = next
    }
    throw new Error(`The app redirected ${MOST_REDIRECTS} times in a row, at last to ${pathOf(target)}.`)
  }

  async #send(target: URL, { method = 'GET', headers = {}, body }: RequestParams): Promise<LightMyRequestResponse> {
    const options: InjectOptions = {
      method,
      url: target.pathname + target.search,
      headers: {
        host: target.host,
        // For apps behind a proxy that ends TLS: they believe it where trustProxy is set.
        ...(target.protocol === 'https:' ? { 'x-forwarded-proto': 'https' } : {}),
        ...this.#jar.headersFor(target),
        ...headers
      },
      ...(body === undefined ? {} : { payload: body })
    }
    const response = await this.#app.inject(options)
    this.#jar.keep(response.headers['set-cookie'], target)
    return response
  }

  #referer(): { referer?: string } {
    return this.#at === undefined ? {} : { referer: this.#at }
  }

  #inApp(url: string, base: string, origin = base): URL {
    const target = new URL(url, base)
    if (target.origin === origin) return target
    throw new Error(
      `This browser knows only ${origin}, and not ${target.origin}. Go there by other means, and come back.`
    )
  }

  async #origin(): Promise<string> {
    return this.#givenOrigin ?? (await entranceOf(this.#app)).settings.redirectUri.origin
  }
}

/**
 * A browser over `app.inject`, for tests of whole visits: it has cookies and follows redirects within the app.
 * @param app The app, or the scope in which the plugin is registered.
 * @param options Where the app is, and the first cookies.
 */
export function createBrowser(app: AppUnderTest, options: BrowserOptions = {}): TestBrowser {
  return new TestBrowser(app, options)
}

/** The target of a redirect; `null` for any other answer. */
function redirectOf({ statusCode, headers }: LightMyRequestResponse, from: URL): URL | null {
  const { location } = headers
  const redirects = [301, 302, 303, 307, 308].includes(statusCode) && typeof location === 'string'
  return redirects ? new URL(location, from) : null
}

function pageOf({ href }: URL, response: LightMyRequestResponse): Page {
  const { statusCode, headers, body } = response
  return { url: href, left: false, statusCode, headers, body, json: () => response.json() }
}

/** Without the query, which may hold a code. */
function pathOf({ origin, pathname }: URL): string {
  return origin + pathname
}
