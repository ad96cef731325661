import type { Readable } from 'node:stream'

/** The answer to one request, by whichever way it was sent. Its body is taken once: whole, as a stream, or dropped. */
export interface Answer {
  readonly status: number
  readonly statusText: string
  /** Whether no connection is held for it any more. */
  readonly arrived: boolean
  /** The value of a header; of several of the name the first. */
  header(name: string): string | null
  /** All headers, made when asked for: most callers want the body alone. */
  headers(): Headers
  /** The whole body, decoded. Throws a `ResponseTooLargeError` as soon as it has more than `mostBytes`. */
  bytes(mostBytes: number): Promise<Buffer>
  /** The body, decoded. */
  stream(): Readable
  /** Lets go of a body that nobody will read, so that its connection is free again. */
  discard(): void
}
