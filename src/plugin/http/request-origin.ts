import type { FastifyRequest } from 'fastify'
import { CrossSiteError } from '../../core/errors/sign-in.js'
import type { Settings } from '../options/options.js'

/** Where a request comes from: a page of this app, of an origin in `trustedOrigins`, of any other site; or nobody says. */
export type RequestOrigin = 'own' | 'trusted' | 'foreign' | 'unknown'

/** Says where requests come from. Nothing else reads `Origin`, `Referer` and `Sec-Fetch-Site`. */
export class RequestOrigins {
  readonly #own: string
  readonly #trusted: readonly string[]

  constructor({ redirectUri, trustedOrigins }: Pick<Settings, 'redirectUri' | 'trustedOrigins'>) {
    this.#own = redirectUri.origin
    this.#trusted = trustedOrigins
  }

  /**
   * The browser's own word (`Sec-Fetch-Site`) counts before `Origin`, which is `null` under `Referrer-Policy:
   * no-referrer`, and `Origin` before `Referer`.
   * @see https://www.w3.org/TR/fetch-metadata/
   */
  of(request: FastifyRequest): RequestOrigin {
    const { origin, 'sec-fetch-site': site } = request.headers
    const referer = refererOf(request)?.origin
    if (this.#isTrusted(origin) || (origin === undefined && this.#isTrusted(referer))) return 'trusted'
    // `none`: a person typed the address or chose a bookmark.
    if (site !== undefined) return site === 'same-origin' || site === 'none' ? 'own' : 'foreign'
    const from = origin ?? referer
    if (from === undefined) return 'unknown'
    return from === this.#own ? 'own' : 'foreign'
  }

  /** Throws a `CrossSiteError` for a request from another site. */
  refuseForeign(request: FastifyRequest): void {
    if (this.of(request) === 'foreign') throw new CrossSiteError()
  }

  /** The page that a request was made from: its path when it is of this app, its URL when it is of a trusted origin. */
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
