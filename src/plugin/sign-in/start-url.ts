import type { FastifyRequest } from 'fastify'
import { ReturnToError, ScopeNotDeclaredError } from '../../core/errors/sign-in.js'
import { missingFrom, scopeList } from '../../core/token/scopes.js'
import { isPageVisit } from '../http/navigation.js'
import type { RequestOrigins } from '../http/request-origin.js'
import type { Settings } from '../options/options.js'
import { asRouted, returnTarget } from '../options/return-target.js'

/** What a link to the start of a sign-in says. */
export interface StartParams {
  /** Where the browser goes after the sign-in: a path, or a URL of one of `trustedOrigins`. Default: `defaultReturnTo`. */
  returnTo?: string | undefined
  /** Scopes in addition to the option `scopes`. Each must be in that option or in a guard. */
  scopes?: string | readonly string[] | undefined
  /** `none`, `consent`, `select_account`, or the last two with a space between; anything else is left out. */
  prompt?: string | undefined
  /** An e-mail address or a `sub`. */
  loginHint?: string | undefined
  /** `true`: adds an account for the user who is signed in, instead of signing in. With the option `owner` it is always so. */
  connect?: boolean | undefined
}

const PARAMS: Record<keyof StartParams, true> = {
  returnTo: true,
  scopes: true,
  prompt: true,
  loginHint: true,
  connect: true
}

/** The parameters of a caller. Throws a `TypeError` for a name that is not known, such as one of the query. */
export function checkStartParams(params: StartParams = {}): StartParams {
  for (const name of Object.keys(params)) {
    if (!Object.hasOwn(PARAMS, name))
      throw new TypeError(`googleAuth.startUrl() has no option ${name}. It has ${Object.keys(PARAMS).join(', ')}.`)
  }
  return params
}

/** A `return_to` of this length always fits into the cookie of an attempt. */
const SHORT_RETURN_TO = 100
/** A parameter of the start path: when `return_to` is too long, `defaultReturnTo` is used instead of a 400. */
export const OR_DEFAULT = 'or_default'

/** A parameter of the start path: the request adds an account. */
export const CONNECT = 'connect'

/** Makes and checks the paths that begin a sign-in. */
export class StartUrls {
  readonly #settings: Settings
  readonly #origins: RequestOrigins
  readonly #declared: Set<string>
  /** The paths of the plugin. A sign-in must not end there: it would begin the next one, or use up a code. */
  readonly #own: ReadonlySet<string>

  constructor(settings: Settings, origins: RequestOrigins) {
    this.#settings = settings
    this.#origins = origins
    this.#declared = new Set(settings.scopes)
    this.#own = new Set(Object.values(settings.paths).map(asRouted))
  }

  /** Allows `scopes` in later sign-ins. */
  declare(scopes: readonly string[]): void {
    for (const scope of scopes) this.#declared.add(scope)
  }

  isDeclared(scope: string): boolean {
    return this.#declared.has(scope)
  }

  /** The scopes of `wanted` as a list. Throws a `ScopeNotDeclaredError` for one that is not declared. */
  declared(wanted: string | readonly string[]): string[] {
    const scopes = scopeList(wanted)
    if (missingFrom([...this.#declared], scopes).length > 0) throw new ScopeNotDeclaredError()
    return scopes
  }

  /** `value` in its normal form; `defaultReturnTo` when there is none. Throws a `ReturnToError`. */
  returnTo(value: string | null | undefined): string {
    if (value === undefined || value === null || value === '') return this.#settings.defaultReturnTo
    const target = this.#target(value)
    if (target === null) throw new ReturnToError()
    return target
  }

  /** The path to link to. Throws a `ReturnToError` or a `ScopeNotDeclaredError`. */
  startUrl({ returnTo, scopes = [], prompt, loginHint, connect = false }: StartParams = {}): string {
    const query = new URLSearchParams()
    if (returnTo !== undefined) query.set('return_to', this.returnTo(returnTo))
    const asked = this.declared(scopes)
    if (asked.length > 0) query.set('scope', asked.join(' '))
    if (prompt !== undefined) query.set('prompt', prompt)
    if (loginHint !== undefined) query.set('login_hint', loginHint)
    if (connect) query.set(CONNECT, '1')
    const text = query.toString()
    return text === '' ? this.#settings.paths.start : `${this.#settings.paths.start}?${text}`
  }

  /**
   * The path that starts a sign-in and comes back to the URL of `request` if that is a page, else to the page that sent it, else
   * to `defaultReturnTo`. A request that is not a GET is never repeated.
   */
  backFrom(request: FastifyRequest, params: Omit<StartParams, 'returnTo'> = {}): string {
    const [returnTo] = this.endsOf(request)
    const url = this.startUrl({ ...params, returnTo })
    return returnTo.length > SHORT_RETURN_TO ? `${url}&${OR_DEFAULT}=1` : url
  }

  /** Where a sign-in that this request begins ends: at its page, or at `defaultReturnTo` if the page does not fit into the attempt. */
  endsOf(request: FastifyRequest): [returnTo: string, otherwise: string] {
    const { defaultReturnTo } = this.#settings
    const page = isPageVisit(request) ? request.raw.url : this.#origins.pageBehind(request)
    const returnTo = this.#target(page) ?? defaultReturnTo
    return [returnTo, returnTo.length > SHORT_RETURN_TO ? defaultReturnTo : returnTo]
  }

  #target(value: string | null | undefined): string | null {
    const { redirectUri, trustedOrigins } = this.#settings
    const target = returnTarget(value, redirectUri.origin, trustedOrigins)
    if (target === null) return null
    const url = new URL(target, redirectUri)
    return url.origin === redirectUri.origin && this.#own.has(asRouted(url.pathname)) ? null : target
  }
}
