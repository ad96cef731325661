import { CrossSiteError } from '../../core/errors/sign-in.js'
import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'

/**
 * Whether a person is looking: the request is a browser's navigation. `Accept` prefers text/html, and the browser does
 * not say that a script asked (`fetch` could not follow a redirect to Google).
 */
export function isNavigation(request: FastifyRequest): boolean {
  const mode = request.headers['sec-fetch-mode']
  if (mode !== undefined && mode !== 'navigate') return false
  return new Negotiator(request.raw).mediaType(['application/json', 'text/html']) === 'text/html'
}

/**
 * Throws a `CrossSiteError` unless the request comes from a page of `origin`, or from no page at all.
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function refuseCrossSite(request: FastifyRequest, origin: string): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new CrossSiteError()
  const from = request.headers.origin
  if (from !== undefined && from !== origin) throw new CrossSiteError()
}

/** The query of a request as it was sent, whatever parser the app uses. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.raw.url?.indexOf('?') ?? -1
  return new URLSearchParams(at < 0 ? '' : request.raw.url?.slice(at))
}
