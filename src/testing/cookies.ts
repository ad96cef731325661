/** A cookie of a browser: what `addCookies` of Playwright takes. */
export interface TestCookie {
  /** Its name. */
  name: string
  /** Its value, as it is sent. */
  value: string
  /** The host that it is for; with a dot in front, its subdomains too. */
  domain: string
  /** The path that it is for. */
  path: string
  /** Its end in seconds since the epoch; absent for a cookie that ends with the browser. */
  expires?: number
  /** Whether scripts cannot read it. */
  httpOnly: boolean
  /** Whether it is sent over https only. */
  secure: boolean
  /** When it is sent with requests of other sites. */
  sameSite: 'Strict' | 'Lax' | 'None'
}

/**
 * The cookie of a line of `Set-Cookie` that came with `url`; its `expires` is in the past for one that is cleared.
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-5.2
 */
export function cookieOf(line: string, url: URL): TestCookie {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
  const attributes = new Map(rest.map((part) => [nameIn(part).toLowerCase(), valueIn(part)]))
  const { domain = '', path = '', samesite = '' } = Object.fromEntries(attributes)
  const expires = endOf(attributes)
  return {
    name: nameIn(pair),
    value: valueIn(pair),
    domain: domain === '' ? url.hostname : `.${domain.replace(/^\./, '').toLowerCase()}`,
    path: path.startsWith('/') ? path : url.pathname.slice(0, url.pathname.lastIndexOf('/')) || '/',
    ...(expires === undefined ? {} : { expires }),
    httpOnly: attributes.has('httponly'),
    secure: attributes.has('secure'),
    sameSite: /^strict$/i.test(samesite) ? 'Strict' : /^none$/i.test(samesite) ? 'None' : 'Lax'
  }
}

/** Whether a browser sends the cookie with a request to `url`. */
export function isFor({ domain, path, secure }: TestCookie, url: URL): boolean {
  const host = domain.startsWith('.') ? `.${url.hostname}`.endsWith(domain) : url.hostname === domain
  const below = path.endsWith('/') ? path : `${path}/`
  return host && (url.pathname === path || url.pathname.startsWith(below)) && (!secure || isSecure(url))
}

/** How Playwright writes that a cookie lives as long as the browser. */
const WITHOUT_END = -1

/** Whether the cookie has ended. */
export function hasEnded({ expires = WITHOUT_END }: TestCookie, now: number = Date.now()): boolean {
  return expires !== WITHOUT_END && expires * 1_000 <= now
}

/** Browsers send secure cookies to this machine by http too. */
function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)
}

/** In seconds since the epoch. `Max-Age` counts before `Expires`. */
function endOf(attributes: Map<string, string>): number | undefined {
  const [maxAge, expires] = [attributes.get('max-age'), attributes.get('expires')]
  if (maxAge !== undefined) return Math.floor(Date.now() / 1_000) + Number(maxAge)
  return expires === undefined ? undefined : Math.floor(Date.parse(expires) / 1_000)
}

function nameIn(pair: string): string {
  return pair.split('=', 1)[0] ?? ''
}

function valueIn(pair: string): string {
  const at = pair.indexOf('=')
  return at < 0 ? '' : pair.slice(at + 1)
}
