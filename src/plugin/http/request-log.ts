import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'

const LEVELS = new Set<PropertyKey>(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
/** Headers that hold secrets, or the URL of a page behind a sign-in. */
const NEVER_LOGGED = ['cookie', 'authorization', 'proxy-authorization', 'referer']

/**
 * `logger`, which is shown nothing secret of our own requests and responses: no query (it holds codes and states), no
 * cookie, no `Location`. This happens before the logger, so it does not matter which one the app uses and how it prints.
 */
export function discreetLogger(logger: FastifyBaseLogger): FastifyBaseLogger {
  return new Proxy(logger, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name === 'child') {
        return (...args: Parameters<FastifyBaseLogger['child']>) => discreetLogger(target.child(...args))
      }
      if (!LEVELS.has(name)) return value.bind(target) as unknown
      return (first: unknown, ...rest: unknown[]) => {
        ;(value as (...args: unknown[]) => void).call(target, discreet(first), ...rest)
      }
    }
  })
}

/** What is logged, its request and its response replaced by what may be seen of them. */
function discreet(logged: unknown): unknown {
  if (typeof logged !== 'object' || logged === null || logged instanceof Error) return logged
  const { req, res, ...rest } = logged as { req?: FastifyRequest; res?: FastifyReply }
  return { ...rest, ...(req && { req: seenOf(req) }), ...(res && { res: new SeenReply(res) }) }
}

/** A request in the shape that serializers of logs know, a plain object. */
function seenOf(request: FastifyRequest): Record<string, unknown> {
  const { id, method, host, hostname, ip, protocol, params, routeOptions, socket } = request
  const [url = ''] = request.url.split('?', 1)
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !NEVER_LOGGED.includes(name)))
  const { remoteAddress, remotePort } = socket
  const raw = { method, url, headers, httpVersion: request.raw.httpVersion, socket: { remoteAddress, remotePort } }
  const seen = { id, method, url, originalUrl: url, host, hostname, ip, protocol, headers, params, query: {}, raw }
  return {
    ...seen,
    socket: { remoteAddress, remotePort },
    routeOptions: { url: routeOptions.url },
    remoteAddress: ip,
    remotePort
  }
}

/** A reply in the shape that serializers of logs know: it has no headers. */
class SeenReply {
  readonly statusCode: number
  readonly elapsedTime: number

  constructor({ statusCode, elapsedTime }: FastifyReply) {
    this.statusCode = statusCode
    this.elapsedTime = elapsedTime
  }

  get raw(): { statusCode: number } {
    return { statusCode: this.statusCode }
  }

  getHeader(): undefined {
    return undefined
  }

  getHeaders(): Record<string, never> {
    return {}
  }

  hasHeader(): boolean {
    return false
  }
}
