import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import type { Endpoint } from '../http/paths.js'
import type { SeenRequest } from './request-log.js'

/** What goes wrong. Several may be given: the delay comes first, then hang, reset, or the answer. */
export interface Fault {
  /** The HTTP status of the answer; default: 500 where there is a body. */
  status?: number
  /** Text as it is, anything else as JSON. */
  body?: unknown
  /** Headers of the answer. */
  headers?: Record<string, string>
  /** How long the answer takes; alone, the right answer comes late. */
  delayMs?: number
  /** Never answers. */
  hang?: true
  /** Drops the connection without an answer. */
  reset?: true
  /** Answers an HTML page, as a proxy in trouble does; status 502 unless given. */
  html?: true
  /** The request takes effect first; only its answer is lost or replaced. */
  afterEffect?: true
  /** How many requests it strikes. Default 1. */
  times?: number
  /**
   * Which requests it strikes. Default all.
   * @param request The request that came.
   */
  when?: (request: SeenRequest) => boolean
}

interface Waiting {
  endpoint: Endpoint
  fault: Fault
  left: number
}

const HTML_PAGE = '<!doctype html><html><title>Error 502</title><p>The server encountered a temporary error.</p></html>'

/** The faults that wait for their requests. */
export class Faults {
  readonly #waiting = new Set<Waiting>()
  readonly #closing = new AbortController()

  /** Adds a fault; returns what takes it away. Of several that fit, the first added strikes. */
  add(endpoint: Endpoint, fault: Fault): () => void {
    const waiting = { endpoint, fault, left: fault.times ?? 1 }
    this.#waiting.add(waiting)
    return () => void this.#waiting.delete(waiting)
  }

  /** The fault for this request, which thereby is used up by one; null when none waits for it. */
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

  /** Waits out the fault's delay; `silence` when there is to be no answer, the false answer, or null for the right one. */
  async strike(fault: Fault, reply: FastifyReply): Promise<'silence' | { body: string } | null> {
    // Aborted when the server closes, whose sockets are gone by then.
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
