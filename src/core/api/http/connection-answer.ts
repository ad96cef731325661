import type { Readable } from 'node:stream'
import type { Answer } from './answer.js'
import { decode, isEncoded } from './decode.js'
import type { IncomingBody } from './incoming-body.js'
import { wholeStream } from './whole-body.js'

/** Names and values by turns, as undici has them. Those of an interceptor or a mock may be texts, and values lists. */
export type RawHeaders = readonly (Buffer | string | readonly (Buffer | string)[])[]

/** An answer straight from a connection. */
export class ConnectionAnswer implements Answer {
  readonly status: number
  readonly statusText: string
  /** Names in lower case and values, by turns. */
  readonly #headers: string[]
  readonly #body: IncomingBody
  readonly #encoding: string | null

  constructor(method: string, status: number, statusText: string, headers: RawHeaders, body: IncomingBody) {
    this.status = status
    this.statusText = statusText
    this.#headers = textsOf(headers)
    this.#body = body
    const empty = method === 'HEAD' || status === 204 || status === 304 || this.header('content-length') === '0'
    this.#encoding = empty ? null : this.header('content-encoding')
  }

  header(name: string): string | null {
    for (let at = 0; at < this.#headers.length; at += 2)
      if (this.#headers[at] === name) return this.#headers[at + 1] ?? null
    return null
  }

  headers(): Headers {
    const headers = new Headers()
    for (let at = 0; at < this.#headers.length; at += 2)
      headers.append(this.#headers[at] ?? '', this.#headers[at + 1] ?? '')
    return headers
  }

  get arrived(): boolean {
    return this.#body.ended
  }

  bytes(mostBytes: number): Promise<Buffer> {
    return isEncoded(this.#encoding) ? wholeStream(this.stream(), mostBytes) : this.#body.bytes(mostBytes)
  }

  stream(): Readable {
    const body = this.#body.stream()
    return isEncoded(this.#encoding) ? decode(body, this.#encoding) : body
  }

  discard(): void {
    this.#body.drop()
  }
}

/** Every byte becomes a character, as in `fetch`. */
function textsOf(headers: RawHeaders): string[] {
  const texts: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = textOf(headers[at] as Buffer | string).toLowerCase()
    for (const value of [headers[at + 1] ?? ''].flat()) texts.push(name, textOf(value))
  }
  return texts
}

function textOf(value: Buffer | string): string {
  return typeof value === 'string' ? value : value.toString('latin1')
}
