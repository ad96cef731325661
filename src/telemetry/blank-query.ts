import { trace, type Attributes, type Span } from '@opentelemetry/api'
import { CHANNELS, ROUTE_REACHED } from '../core/channels.js'
import { listen } from './listen.js'

/** Where spans of HTTP servers hold a query, or a URL with one: by the conventions of today, and by older ones. */
const WITH_QUERY = ['url.query', 'url.full', 'url.path', 'http.target', 'http.url']

/**
 * Blanks the query, which can hold a code and a state, on the span that is active when a request comes to one of our routes, and
 * on the one that is active in the route itself, which an instrumentation of Fastify may have begun.
 */
export function blankQueries(): () => void {
  const stops = [listen(ROUTE_REACHED, blank), listen(CHANNELS.signIn.start, blank)]
  return () => stops.forEach((stop) => stop())
}

function blank(): void {
  const span = trace.getActiveSpan()
  if (span !== undefined) span.setAttributes(blankedOf(span))
}

function blankedOf(span: Span): Attributes {
  const { attributes = {} } = span as { attributes?: Attributes }
  const blanked: Attributes = {}
  for (const name of WITH_QUERY) {
    const value = attributes[name]
    if (typeof value === 'string') blanked[name] = name === 'url.query' ? '' : value.replace(/\?.*$/s, '')
  }
  return blanked
}
