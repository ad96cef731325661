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
 * Whether a navigation may be redirected to Google and come back: it shows a page in a tab of its own. Google's pages
 * refuse to stand in a frame, and a form's POST could not be repeated.
 */
export function isPageVisit(request: FastifyRequest): boolean {
  const destination = request.headers['sec-fetch-dest']
  return request.method === 'GET' && isNavigation(request) && (destination === undefined || destination === 'document')
}

/** The query of a request as it was sent, whatever parser the app uses. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.raw.url?.indexOf('?') ?? -1
  return new URLSearchParams(at < 0 ? '' : request.raw.url?.slice(at))
}
