import type { Readable } from 'node:stream'
import type { Answer } from '../http/answer.js'

/** What an answer is made of. */
export interface PooledAnswer {
  url: string
  redirected: boolean
  answer: Answer
  /** Whether the answer has no body at all. */
  empty: boolean
  /** What a reader of the body hears when it breaks off. */
  failure: (error: unknown) => unknown
}

/** A `Response` of `answer`: its prototype is the global `Response`, and nothing of that is used before somebody asks for it. */
export function pooledResponse(answer: PooledAnswer): Response {
  // Not earlier, as by `extends`: the first use of that global loads Node's undici, which an import must not do.
  if (Object.getPrototypeOf(Pooled.prototype) !== Response.prototype)
    Object.setPrototypeOf(Pooled.prototype, Response.prototype)
  const response: object = new Pooled(answer)
  return response as Response
}

/** Nobody will read the body of an answer that nobody holds: its connection is let go, as `fetch` does. */
const abandoned = new FinalizationRegistry<Answer | Readable>((body) =>
  'discard' in body ? body.discard() : body.destroy()
)

/**
 * A `Response` that reads its body straight from the connection. A web stream, which costs more than the call itself, is made
 * for those who ask for one.
 */
class Pooled implements Response {
  readonly #parts: PooledAnswer
  #read = false
  #headers: Headers | undefined
  /** The answer as the platform makes it, for all that is not read straight. */
  #platform: Response | undefined

  constructor(parts: PooledAnswer) {
    this.#parts = parts
    if (parts.empty) parts.answer.discard()
    else if (!parts.answer.arrived) abandoned.register(this, parts.answer, this)
  }

  get status(): number {
    return this.#parts.answer.status
  }

  get statusText(): string {
    return this.#parts.answer.statusText
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get headers(): Headers {
    this.#headers ??= this.#parts.answer.headers()
    return this.#headers
  }

  get url(): string {
    return this.#parts.url
  }

  get redirected(): boolean {
    return this.#parts.redirected
  }

  get type(): Response['type'] {
    return 'basic'
  }

  get body(): Response['body'] {
    return this.#asPlatform().body
  }

  get bodyUsed(): boolean {
    return this.#read || this.#platform?.bodyUsed === true
  }

  async text(): Promise<string> {
    const bytes = await this.#bytes()
    return bytes === null ? this.#asPlatform().text() : new TextDecoder().decode(bytes)
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.#bytes()
    return bytes === null ? this.#asPlatform().arrayBuffer() : new Uint8Array(bytes).buffer
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer())
  }

  blob(): ReturnType<Response['blob']> {
    return this.#asPlatform().blob()
  }

  formData(): ReturnType<Response['formData']> {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- discouraged on servers, and yet a part of every Response
    return this.#asPlatform().formData()
  }

  clone(): Response {
    const facts = { url: { value: this.url }, redirected: { value: this.redirected } }
    return Object.defineProperties(this.#asPlatform().clone(), facts)
  }

  /** The body, read straight; `null` when that is for the platform to do, or to refuse. */
  async #bytes(): Promise<Buffer | null> {
    const { answer, empty, failure } = this.#parts
    if (this.#read || this.#platform !== undefined || empty) return null
    this.#read = true
    abandoned.unregister(this)
    try {
      return await answer.bytes(Infinity)
    } catch (error) {
      throw failure(error)
    }
  }

  #asPlatform(): Response {
    this.#platform ??= new Response(this.#webStream(), this)
    if (this.#read && this.#platform.body?.locked === false) this.#platform.body.getReader()
    return this.#platform
  }

  #webStream(): ReadableStream | null {
    const { answer, empty, failure } = this.#parts
    if (empty) return null
    if (this.#read) return new ReadableStream()
    abandoned.unregister(this)
    const source = answer.stream()
    const stream = streamOf(source, failure)
    abandoned.register(stream, source)
    return stream
  }
}

/** A stream of bytes as `fetch` gives it. Given up, it ends the transfer. */
function streamOf(source: Readable, failure: PooledAnswer['failure']): ReadableStream {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      try {
        const next = await chunks.next()
        // Copied, since a stream of bytes takes away the memory of what it is given.
        if (next.done !== true) return controller.enqueue(new Uint8Array(next.value))
        controller.close()
        controller.byobRequest?.respond(0)
      } catch (error) {
        controller.error(failure(error))
      }
    },
    cancel() {
      source.destroy()
    }
  })
}
