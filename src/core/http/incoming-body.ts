import { Readable } from 'node:stream'
import { wholeBody } from './whole-body.js'

/** So much of a body is held before somebody reads it; then the connection is paused. Node's streams hold as much. */
const MOST_HELD_BYTES = 65_536
/** So much of an unwanted body is read to keep its connection. For more it is cheaper to end the connection. */
const MOST_DROPPED_BYTES = 131_072

/** A taker of a body. `chunk` returns `false` when no more shall come until the flow is resumed. */
export interface Sink {
  chunk(bytes: Buffer): boolean
  end(): void
  fail(error: unknown): void
}

/** The connection that a body comes from. */
export interface Flow {
  resume(): void
  abort(reason: Error): void
}

/** The body of an answer while it comes in. It can be taken once. */
export class IncomingBody {
  readonly #flow: Flow
  #held: Buffer[] = []
  #size = 0
  #sink: Sink | null = null
  #end: { error: unknown } | 'none' | 'complete' = 'none'

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** Takes in more of the body. Returns `false` when no more shall come until the flow is resumed. */
  push(bytes: Buffer): boolean {
    if (this.#sink !== null) return this.#sink.chunk(bytes)
    this.#held.push(bytes)
    this.#size += bytes.length
    return this.#size < MOST_HELD_BYTES
  }

  complete(): void {
    this.#end = 'complete'
    this.#sink?.end()
  }

  fail(error: unknown): void {
    if (this.#end !== 'none') return
    this.#end = { error }
    this.#sink?.fail(error)
  }

  get ended(): boolean {
    return this.#end !== 'none'
  }

  /** Hands `sink` what has come in, and then all that comes. */
  flowInto(sink: Sink): void {
    this.#sink = sink
    const held = this.#held
    this.#held = []
    for (const bytes of held) sink.chunk(bytes)
    if (this.#end === 'complete') sink.end()
    else if (this.#end === 'none') this.#flow.resume()
    else sink.fail(this.#end.error)
  }

  /** All bytes. Throws a `ResponseTooLargeError` above `mostBytes`. */
  bytes(mostBytes: number): Promise<Buffer> {
    const [only, ...others] = this.#held
    // The usual case for a small answer: it is there already, in one piece.
    if (this.#end === 'complete' && only !== undefined && others.length === 0 && only.length <= mostBytes) {
      this.#held = []
      return Promise.resolve(only)
    }
    return new Promise((resolve, reject) => this.flowInto(wholeBody(mostBytes, resolve, reject, () => this.abort())))
  }

  stream(): Readable {
    const stream = new Readable({
      read: () => {
        if (this.#sink === null) this.flowInto(sink)
        else this.#flow.resume()
      },
      destroy: (error, done) => {
        this.abort(error)
        done(error)
      }
    })
    const sink: Sink = {
      chunk: (bytes) => stream.push(bytes),
      end: () => void stream.push(null),
      fail: (error) => void stream.destroy(error as Error)
    }
    // A reader has a listener for errors of its own. Where there is no reader, an error must not end the process.
    return stream.on('error', () => {})
  }

  /** Ends the transfer, and with it the connection. */
  abort(reason: Error | null = null): void {
    if (this.#end === 'none') this.#flow.abort(reason ?? new Error('Nobody reads the body.'))
  }

  /** Lets the rest pass unread. */
  drop(): void {
    let dropped = 0
    this.flowInto({
      chunk: (bytes) => {
        dropped += bytes.length
        if (dropped > MOST_DROPPED_BYTES) this.abort()
        return true
      },
      end() {},
      fail() {}
    })
  }
}
