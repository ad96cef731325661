import type { FastifyInstance, FastifyRequest } from 'fastify'
import { apiRefusal } from './api-refusal.js'
import { invalidRequest } from './refusal.js'

/** The query as it was sent, with repeated parameters. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  const mark = request.url.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : request.url.slice(mark + 1))
}

/** The path without the query. */
export function pathOf(request: FastifyRequest): string {
  return request.url.replace(/\?.*$/s, '')
}

/** The name of a parameter that was sent more than once, or null. */
export function doubled(parameters: URLSearchParams): string | null {
  return [...parameters.keys()].find((name) => parameters.getAll(name).length > 1) ?? null
}

/**
 * The body of a POST: a form with each parameter once, and no query, which proxies and logs would see. Throws the refusal
 * `invalid_request` for any other request.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
function strictForm(request: FastifyRequest): URLSearchParams {
  if (!(request.body instanceof URLSearchParams)) {
    throw invalidRequest('The body must be application/x-www-form-urlencoded')
  }
  if (request.url.includes('?')) throw invalidRequest('Parameters belong in the body, not in the query')
  return once(request.body)
}

/**
 * The parameters of a POST as Google takes them: a form or JSON in the body, and the query. Throws the refusal
 * `invalid_request` for one that was sent twice.
 */
function looseParameters(request: FastifyRequest): URLSearchParams {
  const { body } = request
  const parameters = queryOf(request)
  const fields = body instanceof URLSearchParams ? [...body] : isObject(body) ? Object.entries(body) : []
  for (const [name, value] of fields) if (typeof value === 'string') parameters.append(name, value)
  return once(parameters)
}

/** The parameters of a POST: by the rules of RFC 6749 where the emulator is strict, else as Google takes them. */
export function parametersOf(request: FastifyRequest, strict: boolean): URLSearchParams {
  return strict ? strictForm(request) : looseParameters(request)
}

function once(parameters: URLSearchParams): URLSearchParams {
  const twice = doubled(parameters)
  if (twice) throw invalidRequest(`OAuth 2 parameters can only have a single value: ${twice}`)
  return parameters
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/**
 * Parses forms as `URLSearchParams` and JSON as data. An empty body is `undefined`: Google's API clients send a DELETE with a
 * JSON content type. Any other type stays a text, so that each handler can refuse it with its own message.
 */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(body as string))
    } catch {
      done(apiRefusal(400, 'parseError', 'The body is not JSON'))
    }
  })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, new URLSearchParams(body as string))
  })
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body)
  })
}
