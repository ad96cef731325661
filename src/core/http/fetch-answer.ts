import { Readable } from 'node:stream'
import type { Answer } from './answer.js'
import { wholeStream } from './whole-body.js'

/** An answer of `fetch`, which has decoded its body. */
export class FetchAnswer implements Answer {
  readonly response: Response

  constructor(response: Response) {
    this.response = response
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
    const { body } = this.response
    return body === null ? Readable.from([]) : Readable.fromWeb(body)
  }

  discard(): void {
    void this.response.body?.cancel().catch(() => {})
  }
}
