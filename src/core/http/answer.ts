import type { Readable } from 'node:stream'

/** The answer to one request, however that was sent. Its body is taken once: whole, as a stream, or not at all. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  /** Whether the whole body is here, so that no connection waits for its reader. */
  readonly arrived: boolean
  /** The value of a header, the first of several; `null` where there is none. */
  header(name: string): string | null
  /** All headers. They are made at each call, since most callers want the body alone. */
  headers(): Headers
  /** The whole body, decoded. Throws a `ResponseTooLargeError` as soon as it has more than `mostBytes`. */
  bytes(mostBytes: number): Promise<Buffer>
  /** The body, decoded. */
  stream(): Readable
  /** Gives up the body, so that its connection is free again. */
  discard(): void
}
