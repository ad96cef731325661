import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { type Endpoint, ENDPOINTS } from '../../http/paths.js'
import type { SeenRequest } from './request-log.js'

/** How a request fails. Fields can be combined: first the delay, then `hang`, `reset` or the response. */
export interface Fault {
  /** The HTTP status of the answer; default: 500 where there is a body. */
  status?: number
  /** A string is sent as it is, any other value as JSON. */
  body?: unknown
  /** Headers of the answer. */
  headers?: Record<string, string>
  /** Delays the response. Without other fields, the right response comes late. */
  delayMs?: number
  /** Never answers. */
  hang?: true
  /** Closes the connection without an answer. */
  reset?: true
  /** Answers with an HTML page, as a broken proxy does. Default status: 502. */
  html?: true
  /** The request takes effect, and only its response is lost or replaced. */
  afterEffect?: true
  /** How many requests fail. Default: 1. */
  times?: number
  /**
   * Which requests fail. Default: all.
   * @param request The request that came.
   */
  when?: (request: SeenRequest) => boolean
}

/** A fault that waits for requests. */
export interface Waiting {
  endpoint: Endpoint
  fault: Fault
  left: number
}

const HTML_PAGE = '<!doctype html><html><title>Error 502</title><p>The server encountered a temporary error.</p></html>'

/** The faults that wait for a request. */
export class Faults {
  readonly #waiting = new Set<Waiting>()
  readonly #closing = new AbortController()

  constructor() {
    // Each delay listens, and by default Node warns of a leak from the eleventh on.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Adds a fault, and returns a function that removes it. The oldest fault that fits a request applies. */
  add(endpoint: Endpoint, fault: Fault): () => void {
    if (!ENDPOINTS.includes(endpoint))
      throw new TypeError(`There is no endpoint ${endpoint}; there are ${ENDPOINTS.join(', ')}`)
    const waiting = { endpoint, fault, left: fault.times ?? 1 }
    this.#waiting.add(waiting)
    return () => void this.#waiting.delete(waiting)
  }

  /** The faults that wait, the oldest first, each with the number of requests that it is still for. */
  get waiting(): readonly Readonly<Waiting>[] {
    return [...this.#waiting]
  }

  /** Removes every fault. */
  clear(): void {
    this.#waiting.clear()
  }

  /** The fault for this request, which counts as one use of it; null when there is none. */
  take(request: SeenRequest): Fault | null {
    for (const waiting of this.#waiting) {
      const { endpoint, fault } = waiting
      if (endpoint !== request.endpoint || !(fault.when?.(request) ?? true)) continue
      waiting.left -= 1
      if (waiting.left <= 0) this.#waiting.delete(waiting)
      return fault
    }
    return null
  }

  /** The wrong response, `silence` for no response, or null for the right one; after the delay of the fault. */
  async strike(fault: Fault, reply: FastifyReply): Promise<'silence' | { body: string } | null> {
    // Aborted when the server closes, because its sockets are closed then.
    if (fault.delayMs) await sleep(fault.delayMs, null, { signal: this.#closing.signal }).catch(() => null)
    if (fault.hang || fault.reset) {
      reply.hijack()
      if (fault.reset) reply.raw.socket?.destroy()
      return 'silence'
    }
    if (fault.status === undefined && fault.body === undefined && !fault.html) {
      reply.headers(fault.headers ?? {})
      return null
    }
    const text = fault.html || typeof fault.body === 'string'
    reply
      .code(fault.status ?? (fault.html ? 502 : 500))
      .headers({ 'content-type': `${text ? 'text/html' : 'application/json'}; charset=utf-8`, ...fault.headers })
    if (fault.html) return { body: HTML_PAGE }
    return { body: typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body ?? {}) }
  }

  /** Ends every delay. */
  close(): void {
    this.#closing.abort()
  }
}
