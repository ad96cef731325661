import { Readable } from 'node:stream'
import type { Answer } from './answer.js'

/** An answer whose body has been read. */
export class WholeAnswer implements Answer {
  readonly status: number
  readonly statusText: string
  readonly arrived = true
  readonly #headers: Headers
  readonly #body: Buffer

  constructor({ status, statusText }: Pick<Answer, 'status' | 'statusText'>, headers: Headers, body: Buffer) {
    this.status = status
    this.statusText = statusText
    this.#headers = headers
    this.#body = body
  }

  header(name: string): string | null {
    return this.#headers.get(name)
  }

  headers(): Headers {
    return this.#headers
  }

  /** The bound counted when it was read. */
  bytes(): Promise<Buffer> {
    return Promise.resolve(this.#body)
  }

  stream(): Readable {
    return Readable.from(this.#body.length === 0 ? [] : [this.#body])
  }

  discard(): void {
    // No connection waits for it.
  }
}
