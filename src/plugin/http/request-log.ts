import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'

const LEVELS = new Set<PropertyKey>(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])
/** Headers that hold secrets, or the URL of a private page. */
const NEVER_LOGGED = ['cookie', 'authorization', 'proxy-authorization', 'referer']

/**
 * `logger`, without the secrets of the requests and replies that it logs: without the query (it holds codes and states),
 * cookies and `Location`. They are removed before the logger gets them, so any logger and any serializers can be used.
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
      if (isOff(value)) return () => undefined
      return (first: unknown, ...rest: unknown[]) => {
        ;(value as (...args: unknown[]) => void).call(target, ...[discreet(first), ...rest].map(withoutQueries))
      }
    }
  })
}

/** Whether nothing is logged: pino and Fastify have a function of this name below the level of a logger, and without one. */
function isOff(level: { name: string }): boolean {
  return level.name === 'noop'
}

/** A query in a text, as in Fastify's error about a reply that was sent twice. It can hold a code. */
const QUERY = /\?[\w.~%-]+=[^\s"']*/g

/** A text, or an error or an object with one, without the queries of URLs in it. */
function withoutQueries(logged: unknown): unknown {
  if (typeof logged === 'string') return logged.replace(QUERY, '')
  if (logged instanceof Error) return errorWithoutQueries(logged)
  const { err } = (isObject(logged) ? logged : {}) as { err?: unknown }
  return err instanceof Error ? { ...(logged as object), err: errorWithoutQueries(err) } : logged
}

function errorWithoutQueries(error: Error): Error {
  const { message, stack = '' } = error
  if (message.search(QUERY) < 0 && stack.search(QUERY) < 0) return error
  const copy = Object.assign(Object.create(Object.getPrototypeOf(error) as object) as Error, error)
  const [shown, at] = [message.replace(QUERY, ''), stack.replace(QUERY, '')]
  return Object.defineProperties(copy, { message: { value: shown }, stack: { value: at } })
}

/** The object to log, with its request and reply replaced by copies without secrets. */
function discreet(logged: unknown): unknown {
  if (typeof logged !== 'object' || logged === null || logged instanceof Error) return logged
  const { req, res, ...rest } = logged as Logged
  return {
    ...rest,
    ...(isObject(req) && { req: loggedRequest(req) }),
    ...(isObject(res) && { res: new LoggedReply(res) })
  }
}

/** What is logged: Fastify logs its own requests and replies, and an app may log those of Node. */
interface Logged {
  req?: FastifyRequest | IncomingMessage
  res?: FastifyReply | ServerResponse
}

function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null
}

/** A request as a plain object, in the shape that serializers of loggers expect. */
function loggedRequest(request: FastifyRequest | IncomingMessage): Record<string, unknown> {
  const { raw, id, host, hostname, ip, protocol, params, routeOptions } = request as Partial<FastifyRequest>
  const { method, httpVersion, socket } = raw ?? (request as IncomingMessage)
  const [url] = request.url?.split('?', 1) ?? []
  const headers = Object.fromEntries(Object.entries(request.headers).filter(isHarmless))
  const { remoteAddress, remotePort } = socket
  const node = { method, url, headers, httpVersion, socket: { remoteAddress, remotePort }, remotePort }
  const fastify = { id, originalUrl: url, host, hostname, ip, protocol, params, query: {} }
  return {
    ...node,
    ...fastify,
    raw: node,
    routeOptions: { url: routeOptions?.url },
    remoteAddress: ip ?? remoteAddress
  }
}

/** Whether a header can be logged. Proxies send URLs in headers too, and the query of a URL can hold a code. */
function isHarmless([name, value]: [string, string | string[] | undefined]): boolean {
  return !NEVER_LOGGED.includes(name) && !String(value).includes('?')
}

/** A reply in the shape that serializers of loggers expect, without headers. */
class LoggedReply {
  readonly statusCode: number
  readonly elapsedTime: number | undefined
  /** The request, as Fastify and as Node name it. */
  readonly request: Record<string, unknown> | undefined
  readonly req: Record<string, unknown> | undefined

  constructor(reply: FastifyReply | ServerResponse) {
    const { elapsedTime, request } = reply as Partial<FastifyReply>
    const from = request ?? (reply as Partial<ServerResponse>).req
    this.statusCode = reply.statusCode
    this.elapsedTime = elapsedTime
    this.request = this.req = from && loggedRequest(from)
  }

  get raw(): this {
    return this
  }

  getHeader(): undefined {
    return undefined
  }

  getHeaders(): Record<string, never> {
    return {}
  }

  getHeaderNames(): never[] {
    return []
  }

  hasHeader(): boolean {
    return false
  }
}
