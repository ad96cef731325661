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
  readonly #headers: RawHeaders
  readonly #body: IncomingBody
  readonly #encoding: string | null

  constructor(method: string, status: number, statusText: string, headers: RawHeaders, body: IncomingBody) {
    this.status = status
    this.statusText = statusText
    this.#headers = headers
    this.#body = body
    const empty = method === 'HEAD' || status === 204 || status === 304 || this.header('content-length') === '0'
    this.#encoding = empty ? null : this.header('content-encoding')
  }

  /** Few headers are asked for, so the others stay bytes. */
  header(name: string): string | null {
    for (let at = 0; at < this.#headers.length; at += 2) {
      const given = this.#headers[at] as Buffer | string
      if (given.length === name.length && textOf(given).toLowerCase() === name)
        return valuesAt(this.#headers, at)[0] ?? ''
    }
    return null
  }

  headers(): Headers {
    const headers = new Headers()
    for (let at = 0; at < this.#headers.length; at += 2) {
      const name = textOf(this.#headers[at] as Buffer | string)
      for (const value of valuesAt(this.#headers, at)) headers.append(name, value)
    }
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

/** The values of the header whose name is at this place. */
function valuesAt(headers: RawHeaders, at: number): string[] {
  const value = headers[at + 1] ?? ''
  return typeof value === 'string' || Buffer.isBuffer(value) ? [textOf(value)] : value.map(textOf)
}

/** Every byte becomes a character, as in `fetch`. */
function textOf(value: Buffer | string): string {
  return typeof value === 'string' ? value : value.toString('latin1')
}
