import type { FastifyRequest } from 'fastify'
import { CrossSiteError } from '../../core/errors/cross-site.js'
import type { Settings } from '../options/options.js'

/** The source of a request: a page of this app, of an origin in `trustedOrigins`, of any other site, or not known. */
export type RequestOrigin = 'own' | 'trusted' | 'foreign' | 'unknown'

/** Finds the source of requests. Only this class reads `Origin`, `Referer` and `Sec-Fetch-Site`. */
export class RequestOrigins {
  readonly #own: string
  readonly #trusted: readonly string[]

  constructor({ redirectUri, trustedOrigins }: Pick<Settings, 'redirectUri' | 'trustedOrigins'>) {
    this.#own = redirectUri.origin
    this.#trusted = trustedOrigins
  }

  /**
   * The source of `request`. `Sec-Fetch-Site` counts before `Origin`, which can be `null` for a page of this app (under
   * `Referrer-Policy: no-referrer`), and `Origin` before `Referer`.
   * @see https://www.w3.org/TR/fetch-metadata/
   */
  of(request: FastifyRequest): RequestOrigin {
    const { origin, 'sec-fetch-site': site } = request.headers
    const referer = refererOf(request)?.origin
    if (this.#isTrusted(origin) || (origin === undefined && this.#isTrusted(referer))) return 'trusted'
    // `none`: the user typed the address or chose a bookmark.
    if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'own' : 'foreign'
    const from = origin ?? referer
    if (from === undefined) return 'unknown'
    return from === this.#own ? 'own' : 'foreign'
  }

  /** Whether a browser sends the request: it says where from. */
  isFromBrowser({ headers: { origin, 'sec-fetch-site': site } }: FastifyRequest): boolean {
    return origin !== undefined || site !== undefined
  }

  /** Whether a browser says that a page of this app, or of a trusted origin, sends the request. `Referer` is not enough. */
  isSurelyOurs(request: FastifyRequest): boolean {
    const { origin, 'sec-fetch-site': site = 'same-origin' } = request.headers
    if (!this.isFromBrowser(request)) return false
    if (this.#isTrusted(origin)) return true
    // Under `Referrer-Policy: no-referrer` a page of this app has the origin `null`.
    const isOwn = origin === undefined || origin === this.#own || (origin === 'null' && this.of(request) === 'own')
    return isOwn && site === 'same-origin'
  }

  /** Throws a `CrossSiteError` for a request from another site. */
  refuseForeign(request: FastifyRequest): void {
    if (this.of(request) === 'foreign') throw new CrossSiteError()
  }

  /**
   * Whether a page of another site opens a WebSocket. Browsers send the cookies of a user with it and ask no CORS, but always name
   * the page in `Origin`.
   * @see https://www.rfc-editor.org/rfc/rfc6455#section-10.2
   */
  isForeignUpgrade(request: FastifyRequest): boolean {
    return request.headers.upgrade !== undefined && this.of(request) === 'foreign'
  }

  /** The page that sent the request: its path on this app, its URL on a trusted origin, else `null`. */
  pageBehind(request: FastifyRequest): string | null {
    const url = refererOf(request)
    if (url === null) return null
    if (url.origin === this.#own) return url.pathname + url.search
    return this.#isTrusted(url.origin) ? url.href : null
  }

  #isTrusted(origin: string | undefined): boolean {
    return origin !== undefined && this.#trusted.includes(origin)
  }
}

function refererOf({ headers: { referer } }: FastifyRequest): URL | null {
  return referer !== undefined && URL.canParse(referer) ? new URL(referer) : null
}
