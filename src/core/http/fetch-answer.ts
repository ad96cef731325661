import { addAbortSignal, Readable } from 'node:stream'
import type { Answer } from './answer.js'
import { wholeStream } from './whole-body.js'

/** An answer of `fetch`, which has decoded its body. */
export class FetchAnswer implements Answer {
  readonly response: Response
  readonly #signal: AbortSignal | undefined

  /** `signal`: ends the body, too, where the function that gave the response does not heed it. */
  constructor(response: Response, signal?: AbortSignal) {
    this.response = response
    this.#signal = signal
  }

  get status(): number {
    return this.response.status
  }

  get statusText(): string {
    return this.response.statusText
  }

  /** `fetch` frees its connections itself. */
  get arrived(): boolean {
    return true
  }

  header(name: string): string | null {
    return this.response.headers.get(name)
  }

  headers(): Headers {
    return this.response.headers
  }

  bytes(mostBytes: number): Promise<Buffer> {
    return wholeStream(this.stream(), mostBytes)
  }

  stream(): Readable {
    const body = this.#body
    if (body === null) return Readable.from([])
    const stream = body instanceof Readable ? body : Readable.fromWeb(body)
    return this.#signal === undefined ? stream : addAbortSignal(this.#signal, stream)
  }

  discard(): void {
    const body = this.#body
    if (body instanceof Readable) body.on('error', () => {}).destroy()
    else void body?.cancel().catch(() => {})
  }

  /** Some functions in place of `fetch` have streams of Node. */
  get #body(): Readable | Response['body'] {
    return this.response.body as Readable | Response['body']
  }
}
