import { ScopeNotDeclaredError } from '../../core/errors/sign-in.js'
import type { FastifyRequest } from 'fastify'
import { missingFrom, scopeList } from '../../core/token/scopes.js'
import { isNavigation } from '../http/navigation.js'
import type { Settings } from '../options/options.js'
import { checkReturnTo, localPath } from '../options/local-path.js'

export interface StartParams {
  /** Path to end at; default `defaultReturnTo`. */
  returnTo?: string | undefined
  /** Scopes to ask for besides the sign-in scopes; each must have been declared. */
  scopes?: string | readonly string[] | undefined
  prompt?: string | undefined
  /** An e-mail address or a `sub`. */
  loginHint?: string | undefined
}

/** The paths that begin a sign-in, and what may be asked for on them. */
export class StartUrls {
  readonly #settings: Settings
  readonly #declared: Set<string>

  constructor(settings: Settings) {
    this.#settings = settings
    this.#declared = new Set(settings.scopes)
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

  /** `value` as a path to end at, `defaultReturnTo` for none. Throws a `ReturnToError`. */
  returnTo(value: unknown): string {
    if (value === undefined || value === null || value === '') return this.#settings.defaultReturnTo
    // A sign-in that ends where the next one starts would never end.
    const { start, return: back } = this.#settings.paths
    return checkReturnTo(value, this.#settings.redirectUri.origin, [start, back])
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
   * else to the page that it came from. What is not GET is never replayed.
   */
  backFrom(request: FastifyRequest, params: Omit<StartParams, 'returnTo'> = {}): string {
    return this.startUrl({ ...params, returnTo: this.#pageOf(request) })
  }

  #pageOf(request: FastifyRequest): string {
    const { redirectUri, defaultReturnTo, paths } = this.#settings
    const own = isNavigation(request) && request.method === 'GET'
    const path = localPath(own ? request.raw.url : this.#refererPath(request), redirectUri.origin)
    const ours = path !== null && Object.values(paths).includes(new URL(path, redirectUri).pathname)
    return path === null || ours ? defaultReturnTo : path
  }

  #refererPath({ headers: { referer } }: FastifyRequest): string | null {
    const url = referer !== undefined && URL.canParse(referer) ? new URL(referer) : null
    return url?.origin === this.#settings.redirectUri.origin ? url.pathname + url.search : null
  }
}
