import type { FastifyRequest } from 'fastify'
import { ReturnToError, ScopeNotDeclaredError } from '../../core/errors/sign-in.js'
import { missingFrom, scopeList } from '../../core/token/scopes.js'
import { isPageVisit } from '../http/navigation.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { Settings } from '../options/options.js'
import { asRouted, returnTarget } from '../options/return-target.js'

export interface StartParams {
  /** Where the sign-in ends: a path, or a URL of one of `trustedOrigins`. Default `defaultReturnTo`. */
  returnTo?: string | undefined
  /** Scopes to ask for besides the sign-in scopes; each must have been declared. */
  scopes?: string | readonly string[] | undefined
  prompt?: string | undefined
  /** An e-mail address or a `sub`. */
  loginHint?: string | undefined
}

/** A `return_to` of so many characters always fits into the cookie of an attempt. */
const SHORT_RETURN_TO = 100
/** A parameter of the start path: where the way back is too long, go on to `defaultReturnTo` rather than answer 400. */
export const OR_DEFAULT = 'or_default'

/** The paths that begin a sign-in, and what may be asked for on them. */
export class StartUrls {
  readonly #settings: Settings
  readonly #origins: RequestOrigins
  readonly #declared: Set<string>
  /** Our own paths, at which no sign-in ends: it would begin the next one, or use up a code. */
  readonly #own: ReadonlySet<string>

  constructor(settings: Settings, origins: RequestOrigins) {
    this.#settings = settings
    this.#origins = origins
    this.#declared = new Set(settings.scopes)
    this.#own = new Set(Object.values(settings.paths).map(asRouted))
  }

  /** From now on a sign-in may ask for `scopes`. */
  declare(scopes: readonly string[]): void {
    for (const scope of scopes) this.#declared.add(scope)
  }

  /** The scopes of `wanted`, each declared. Throws a `ScopeNotDeclaredError`. */
  declared(wanted: string | readonly string[]): string[] {
    const scopes = scopeList(wanted)
    if (missingFrom([...this.#declared], scopes).length > 0) throw new ScopeNotDeclaredError()
    return scopes
  }

  /** `value` as it will be answered, `defaultReturnTo` for none. Throws a `ReturnToError`. */
  returnTo(value: string | null | undefined): string {
    if (value === undefined || value === null || value === '') return this.#settings.defaultReturnTo
    const target = this.#target(value)
    if (target === null) throw new ReturnToError()
    return target
  }

  /** The path to link to. Throws a `ReturnToError` or a `ScopeNotDeclaredError`. */
  startUrl({ returnTo, scopes = [], prompt, loginHint }: StartParams = {}): string {
    const query = new URLSearchParams()
    if (returnTo !== undefined) query.set('return_to', this.returnTo(returnTo))
    const asked = this.declared(scopes)
    if (asked.length > 0) query.set('scope', asked.join(' '))
    if (prompt !== undefined) query.set('prompt', prompt)
    if (loginHint !== undefined) query.set('login_hint', loginHint)
    const text = query.toString()
    return text === '' ? this.#settings.paths.start : `${this.#settings.paths.start}?${text}`
  }

  /**
   * The path that starts a sign-in and comes back to where `request` wanted to go: to its own URL when that is a page,
   * else to the page that it came from, else to `defaultReturnTo`. What is not GET is never replayed.
   */
  backFrom(request: FastifyRequest, params: Omit<StartParams, 'returnTo'> = {}): string {
    const page = isPageVisit(request) ? request.raw.url : this.#origins.pageBehind(request)
    const returnTo = this.#target(page) ?? this.#settings.defaultReturnTo
    const url = this.startUrl({ ...params, returnTo })
    return returnTo.length > SHORT_RETURN_TO ? `${url}&${OR_DEFAULT}=1` : url
  }

  #target(value: string | null | undefined): string | null {
    const { redirectUri, trustedOrigins } = this.#settings
    const target = returnTarget(value, redirectUri.origin, trustedOrigins)
    if (target === null) return null
    const url = new URL(target, redirectUri)
    return url.origin === redirectUri.origin && this.#own.has(asRouted(url.pathname)) ? null : target
  }
}
