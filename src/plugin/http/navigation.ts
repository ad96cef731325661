import type { FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'

/**
 * Whether the request is a navigation of a browser: `Accept` prefers text/html, and `Sec-Fetch-Mode` does not name another
 * mode. (A `fetch` of a script cannot follow a redirect to Google.)
 */
export function isNavigation(request: FastifyRequest): boolean {
  const mode = request.headers['sec-fetch-mode']
  if (mode !== undefined && mode !== 'navigate') return false
  return new Negotiator(request.raw).mediaType(['application/json', 'text/html']) === 'text/html'
}

/**
 * Whether the request can be redirected to Google and come back: a GET navigation of a whole tab. Google's pages cannot be
 * shown in a frame, and the POST of a form cannot be repeated.
 */
export function isPageVisit(request: FastifyRequest): boolean {
  const destination = request.headers['sec-fetch-dest']
  return request.method === 'GET' && isNavigation(request) && (destination === undefined || destination === 'document')
}

/** The query of a request as it was sent, independent of the query parser of the app. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.raw.url?.indexOf('?') ?? -1
  return new URLSearchParams(at < 0 ? '' : request.raw.url?.slice(at))
}
