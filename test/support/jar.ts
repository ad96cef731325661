import { request as httpRequest } from 'node:http'
import type { GoogleEmulator, UserBehavior } from '../../src/emulator.js'

/** The headers of a browser when a user follows a link, and when a script sends a request. */
const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document'
}
const SCRIPT = {
  accept: '*/*',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'sec-fetch-site': 'same-origin'
}
/** More redirects than any sign-in has. Browsers have such a limit too. */
const MAX_HOPS = 20

export type Headers = Record<string, string>

export interface Sent {
  method?: string
  headers?: Headers
  body?: string
}

export interface Reply {
  url: string
  status: number
  headers: Record<string, string | string[] | undefined>
  setCookies: string[]
  /** The header of a redirect, as it was sent; else ''. */
  location: string
  text: string
  json(): any
}

export interface Visit extends Reply {
  /** All URLs that the browser visited, with the last one. */
  hops: string[]
}

export interface Travel extends UserBehavior {
  headers?: Headers
  /** The user presses Cancel at Google. */
  cancel?: boolean
}

export interface Cookie {
  value: string
  /** By name in lower case. A flag has the value ''. */
  attributes: Record<string, string>
}

/**
 * A simple browser for tests: cookies, redirects, and the headers for each kind of request. `origin` is in its address bar, but
 * it connects to `port` on this machine.
 */
export class Browser {
  readonly cookies = new Map<string, Cookie>()
  readonly origin: string
  readonly #port: number
  readonly #headers: Headers

  constructor(origin: string, port: number, headers: Headers = {}) {
    this.origin = origin
    this.#port = port
    this.#headers = headers
  }

  /** Sends a request as it is. Only the cookies are added. */
  async send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> {
    const reply = await this.#exchange(path, method, { ...this.#cookieHeader(), ...headers }, body)
    reply.setCookies.forEach((line) => this.#keep(line))
    return reply
  }

  /** Goes to a page as a user does. Redirects are not followed. */
  navigate(path: string, { headers, ...sent }: Sent = {}): Promise<Reply> {
    return this.send(path, { ...sent, headers: { ...NAVIGATION, 'sec-fetch-site': 'same-origin', ...headers } })
  }

  /** Sends a request as a script of the page does. */
  fetch(path: string, { headers, ...sent }: Sent = {}): Promise<Reply> {
    return this.send(path, { ...sent, headers: { ...SCRIPT, ...headers } })
  }

  /** Sends a form of a page of the app. */
  submit(path: string, form: Record<string, string> = {}, headers: Headers = {}): Promise<Reply> {
    return this.navigate(path, {
      method: 'POST',
      headers: { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString()
    })
  }

  /** Goes to a page as a user does, and follows redirects, also through Google, until a page is shown. */
  async visit(
    google: Pick<GoogleEmulator, 'issuer' | 'approve' | 'cancel'>,
    path: string,
    { headers = {}, cancel, ...behavior }: Travel = {}
  ): Promise<Visit> {
    const hops: string[] = []
    let next = new URL(path, this.origin).href
    for (;;) {
      hops.push(next)
      if (hops.length > MAX_HOPS) throw new Error(`too many redirects: ${hops.join('\n')}`)
      if (next.startsWith(google.issuer)) {
        next = cancel ? await google.cancel(next, behavior) : await google.approve(next, behavior)
        continue
      }
      const reply = await this.navigate(this.#pathOf(next), { headers })
      if (reply.location === '') return { ...reply, hops }
      next = new URL(reply.location, next).href
    }
  }

  /** The authorize URL of `/auth/start`. The browser has an attempt then. */
  async start(query = ''): Promise<string> {
    const { status, location, text } = await this.navigate(`/auth/start${query}`)
    if (status !== 302) throw new Error(`/auth/start answered ${status}: ${text}`)
    return location
  }

  /** The path and query of a URL of this origin. */
  #pathOf(url: string): string {
    const { origin, pathname, search } = new URL(url)
    if (origin !== this.origin) throw new Error(`left the site for ${url}`)
    return pathname + search
  }

  cookieNames(part: string): string[] {
    return [...this.cookies.keys()].filter((name) => name.includes(part))
  }

  /** The one session cookie. */
  get sessionCookie(): (Cookie & { name: string }) | undefined {
    const [name] = this.cookieNames('google-auth-session')
    const cookie = name === undefined ? undefined : this.cookies.get(name)
    return cookie && { name: name ?? '', ...cookie }
  }

  /** The session cookie as it is sent. */
  get session(): string | undefined {
    const cookie = this.sessionCookie
    return cookie && `${cookie.name}=${cookie.value}`
  }

  /** Another browser with a copy of the cookies that have `part` in their name. */
  copy(part = ''): Browser {
    const other = new Browser(this.origin, this.#port, this.#headers)
    for (const [name, cookie] of this.cookies) if (name.includes(part)) other.cookies.set(name, cookie)
    return other
  }

  #cookieHeader(): Headers {
    const pairs = [...this.cookies].map(([name, { value }]) => `${name}=${value}`)
    return pairs.length === 0 ? {} : { cookie: pairs.join('; ') }
  }

  #keep(line: string): void {
    const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    const attributes = Object.fromEntries(
      rest.map((part): [string, string] => {
        const [key = '', value = ''] = part.split(/=(.*)/)
        return [key.toLowerCase(), value]
      })
    )
    const secure = 'secure' in attributes
    const hostOnly = secure && attributes['path'] === '/' && !('domain' in attributes)
    // Browsers refuse such cookies.
    if ((secure && !this.origin.startsWith('https:')) || (name.startsWith('__Host-') && !hostOnly)) return
    const gone = Number(attributes['max-age'] ?? 1) <= 0 || Date.parse(attributes['expires'] ?? '2100') <= Date.now()
    if (gone) this.cookies.delete(name)
    else this.cookies.set(name, { value: pair.slice(at + 1), attributes })
  }

  #exchange(path: string, method: string, headers: Headers, body: string | undefined): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        {
          host: '127.0.0.1',
          port: this.#port,
          // A new connection: apps start and stop on one port.
          agent: false,
          path,
          method,
          headers: {
            host: new URL(this.origin).host,
            ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
            ...this.#headers,
            ...headers
          }
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString()
            resolve({
              url: new URL(path, this.origin).href,
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              setCookies: incoming.headers['set-cookie'] ?? [],
              location: incoming.headers.location ?? '',
              text,
              json: () => JSON.parse(text)
            })
          })
        }
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}
