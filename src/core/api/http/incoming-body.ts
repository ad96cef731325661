import { Readable } from 'node:stream'
import { wholeBody } from './whole-body.js'

/** As much of a body is held before somebody reads it; then the connection is paused. The same as of Node's streams. */
const MOST_HELD_BYTES = 65_536
/** To keep a connection, as much of an unwanted body is read and dropped. Ending the connection is cheaper for more. */
const MOST_DROPPED_BYTES = 131_072

/** What takes a body. `chunk` gives `false` to be spared more until `resume` is called. */
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

/** The body of an answer while it comes in. It is taken once: whole, as a stream, or dropped. */
export class IncomingBody {
  readonly #flow: Flow
  #held: Buffer[] = []
  #size = 0
  #sink: Sink | null = null
  #end: { error: unknown } | 'none' | 'complete' = 'none'

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** More of the body. Gives `false` when there shall be no more until `resume`. */
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

  /** Hands to `sink` what has come in and all that will. */
  flowInto(sink: Sink): void {
    this.#sink = sink
    const held = this.#held
    this.#held = []
    for (const bytes of held) sink.chunk(bytes)
    if (this.#end === 'complete') sink.end()
    else if (this.#end === 'none') this.#flow.resume()
    else sink.fail(this.#end.error)
  }

  /** All bytes, of which there may be at most `mostBytes`. */
  bytes(mostBytes: number): Promise<Buffer> {
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
    // A reader hears of an error by the listener of its own. Without a reader it is no reason to end the process.
    return stream.on('error', () => {})
  }

  /** Ends the transfer. */
  abort(reason: Error | null = null): void {
    if (this.#end === 'none') this.#flow.abort(reason ?? new Error('Nobody reads the body.'))
  }

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
