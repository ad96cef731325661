import { request as httpRequest } from 'node:http'
import type { GoogleEmulator, UserBehavior } from '../../src/emulator.js'

/** What a browser sends when a person follows a link, and when a script asks. */
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
/** More redirects than any sign-in has: beyond this a browser gives up as well. */
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
  /** Of a redirect, as it was sent; else ''. */
  location: string
  text: string
  json(): any
}

export interface Visit extends Reply {
  /** Every URL that the browser was at, the last one included. */
  hops: string[]
}

export interface Travel extends UserBehavior {
  headers?: Headers
  /** The user presses Cancel at Google. */
  cancel?: boolean
}

export interface Cookie {
  value: string
  /** Names in lower case; a flag has the value ''. */
  attributes: Record<string, string>
}

/**
 * A browser as far as these tests need one: cookies, redirects, and the headers that say what kind of request it is.
 * `origin` is what it has in the address bar; what listens there in truth is `port` of this machine.
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

  /** A request as it is written here: no headers but the cookies are added. */
  async send(path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> {
    const reply = await this.#exchange(path, method, { ...this.#cookieHeader(), ...headers }, body)
    reply.setCookies.forEach((line) => this.#keep(line))
    return reply
  }

  /** A person goes there; redirects are not followed. */
  navigate(path: string, { headers, ...sent }: Sent = {}): Promise<Reply> {
    return this.send(path, { ...sent, headers: { ...NAVIGATION, 'sec-fetch-site': 'same-origin', ...headers } })
  }

  /** A script of the page asks. */
  fetch(path: string, { headers, ...sent }: Sent = {}): Promise<Reply> {
    return this.send(path, { ...sent, headers: { ...SCRIPT, ...headers } })
  }

  /** A form of a page of ours is sent. */
  submit(path: string, form: Record<string, string> = {}, headers: Headers = {}): Promise<Reply> {
    return this.navigate(path, {
      method: 'POST',
      headers: { origin: this.origin, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString()
    })
  }

  /** A person goes there, and through Google wherever they are sent to it, until a page is shown. */
  async visit(
    google: GoogleEmulator,
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

  /** The authorize URL that `/auth/start` sends to; an attempt is in the jar then. */
  async start(query = ''): Promise<string> {
    const { status, location, text } = await this.navigate(`/auth/start${query}`)
    if (status !== 302) throw new Error(`/auth/start answered ${status}: ${text}`)
    return location
  }

  /** Where a URL of this origin is. */
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

  /** The same as it is sent. */
  get session(): string | undefined {
    const cookie = this.sessionCookie
    return cookie && `${cookie.name}=${cookie.value}`
  }

  /** Another browser with a copy of the cookies whose name has `part` in it. */
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
    // What no browser takes.
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
          // A connection of its own: apps come and go on one port.
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
