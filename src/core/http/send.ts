import { Stream } from 'node:stream'
import { ConnectionAnswer, type RawHeaders } from './connection-answer.js'
import type { Connections } from './connections.js'
import { IncomingBody } from './incoming-body.js'

/** One request, in the form in which it is sent. */
export interface WireRequest {
  url: URL
  method: string
  headers: Record<string, string>
  body: unknown
  signal: AbortSignal | null | undefined
  /** Milliseconds; default that of the connections. */
  headersTimeout?: number | undefined
}

/**
 * The answer to `request` as soon as its headers are there. No redirect is followed. This calls `dispatch` and not the
 * `request` of the connections, which costs 1.4 to 1.8 times the CPU for a small answer (Node 20 to 26): the speed of
 * `request()` and `fetch()` rests on it.
 */
export function send(connections: Connections, request: WireRequest): Promise<ConnectionAnswer> {
  const { url, method, headers, body, headersTimeout } = request
  return new Promise((resolve, reject) => {
    request.signal?.throwIfAborted()
    const { origin, pathname, search } = url
    const path = pathname + search
    // The app's own connections may follow redirects, and would send the body to another host. `fetch` says the same.
    const options = { origin, path, method, headers, body, headersTimeout, maxRedirections: 0 }
    connections.dispatch(options, new Receiver(request, resolve, reject))
  })
}

/** Part of the newer set. */
interface Controller {
  abort(reason: Error): void
  pause(): void
  resume(): void
  rawHeaders?: unknown
}

/** Takes what `dispatch` reports. undici has two sets of methods for that, one until version 6 and one from 7 on. */
class Receiver {
  readonly #request: WireRequest
  readonly #resolve: (answer: ConnectionAnswer) => void
  readonly #reject: (error: unknown) => void
  #abort: ((reason: Error) => void) | null = null
  #body: IncomingBody | null = null

  constructor(request: WireRequest, resolve: (answer: ConnectionAnswer) => void, reject: (error: unknown) => void) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    request.signal?.addEventListener('abort', this)
    if (request.body instanceof Stream) request.body.on('error', (error) => this.onError(error))
  }

  /** As the listener of the signal: it was aborted. */
  handleEvent(): void {
    const reason = this.#request.signal?.reason as Error
    if (this.#abort === null) this.onError(reason)
    else this.#abort(reason)
  }

  onConnect(abort: (reason: Error) => void): void {
    this.#abort = abort
    if (this.#request.signal?.aborted === true) this.handleEvent()
  }

  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText = ''): boolean {
    // Not the answer yet, as 103 Early Hints.
    if (status < 200) return true
    this.#body = new IncomingBody({ resume, abort: (reason) => this.#abort?.(reason) })
    this.#resolve(new ConnectionAnswer(this.#request.method, status, statusText, headers, this.#body))
    return true
  }

  onData(bytes: Buffer): boolean {
    return this.#body?.push(bytes) ?? true
  }

  onComplete(): void {
    this.#request.signal?.removeEventListener('abort', this)
    this.#body?.complete()
  }

  onError(error: unknown): void {
    const { signal, body } = this.#request
    signal?.removeEventListener('abort', this)
    if (body instanceof Stream && 'destroy' in body) (body as { destroy(error: unknown): void }).destroy(error)
    this.#reject(error)
    this.#body?.fail(error)
  }

  onRequestStart(controller: Controller): void {
    this.onConnect((reason) => controller.abort(reason))
  }

  onResponseStart(controller: Controller, status: number, headers: object, statusText?: string): void {
    const raw = Array.isArray(controller.rawHeaders) ? controller.rawHeaders : Object.entries(headers).flat(1)
    this.onHeaders(status, raw as RawHeaders, () => controller.resume(), statusText)
  }

  onResponseData(controller: Controller, bytes: Buffer): void {
    if (!this.onData(bytes)) controller.pause()
  }

  onResponseEnd(): void {
    this.onComplete()
  }

  onResponseError(_controller: Controller, error: unknown): void {
    this.onError(error)
  }
}
