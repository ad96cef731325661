import type { Readable } from 'node:stream'
import type { Answer } from '../../http/answer.js'

/** What an answer is made of. */
export interface PooledAnswer {
  url: string
  redirected: boolean
  answer: Answer
  /** Whether the answer has no body at all. */
  empty: boolean
  /** The error for a reader of the body, when its connection throws one. */
  failure: (error: unknown) => unknown
}

/** A `Response`, by `instanceof` too, of an answer that came over a connection. */
export function pooledResponse(answer: PooledAnswer): Response {
  // Not by `extends`: the first use of the global `Response` loads Node's undici, which an import must not do.
  if (Object.getPrototypeOf(Pooled.prototype) !== Response.prototype) Pooled.extend(Response)
  const response: object = new Pooled(answer)
  return response as Response
}

/** Frees the connection of an answer that was collected as garbage, because no code can read it. `fetch` does the same. */
const abandoned = new FinalizationRegistry<Answer | Readable>((body) =>
  'discard' in body ? body.discard() : body.destroy()
)

/**
 * A response that reads its body straight from the connection. The platform's own `Response` with its web stream, which costs
 * more than the call itself, is made only for what is not read straight.
 */
class Pooled implements Omit<Response, 'blob' | 'formData'> {
  readonly #parts: PooledAnswer
  #read = false
  #headers: Headers | undefined
  /** The same answer as the platform has it. */
  #platform: Response | undefined

  /** Makes this a subclass of `response`. What it has and this class has not is asked of the platform's own response. */
  static extend({ prototype }: typeof Response): void {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (Object.hasOwn(Pooled.prototype, name)) continue
      Object.defineProperty(Pooled.prototype, name, {
        configurable: true,
        get(this: Pooled): unknown {
          const platform = this.#asPlatform()
          const member: unknown = Reflect.get(platform, name)
          return typeof member === 'function' ? member.bind(platform) : member
        }
      })
    }
    Object.setPrototypeOf(Pooled.prototype, prototype)
  }

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

  clone(): Response {
    const facts = { url: { value: this.url }, redirected: { value: this.redirected } }
    return Object.defineProperties(this.#asPlatform().clone(), facts)
  }

  /** The body, read straight; `null` where the platform has to read it, or to refuse that. */
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

/** A stream of bytes like that of `fetch`. To cancel it ends the transfer. */
function streamOf(source: Readable, failure: PooledAnswer['failure']): ReadableStream {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      try {
        const next = await chunks.next()
        // A copy, since a stream of bytes transfers the memory of what it is given.
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
