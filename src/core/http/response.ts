import type { Readable } from 'node:stream'
import type { Answer } from './answer.js'

/** Statuses without a body, for which the platform's `Response` accepts none. */
const NO_BODY = new Set([204, 205, 304])

/** What a response is made of. */
export interface ResponseParts {
  answer: Answer
  url?: string
  redirected?: boolean
  /** Whether the request was a `HEAD`. */
  isHead?: boolean
  /** The error for a reader of the body, when its connection throws one. */
  failure?: (error: unknown) => unknown
}

/** A `Response` of an answer, by `instanceof` too. To make it and to read it whole costs little. */
export function responseOf(parts: ResponseParts): Response {
  // Not by `extends`: the first use of the global `Response` loads Node's undici, which an import must not do.
  if (Object.getPrototypeOf(AnswerResponse.prototype) !== Response.prototype) AnswerResponse.extend(Response)
  const response: object = new AnswerResponse(parts)
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
class AnswerResponse implements Omit<Response, 'blob' | 'formData'> {
  readonly #parts: ResponseParts
  readonly #empty: boolean
  #read = false
  #headers: Headers | undefined
  /** The same answer as the platform has it. */
  #platform: Response | undefined

  /** Makes this a subclass of `response`. What it has and this class has not is asked of the platform's own response. */
  static extend({ prototype }: typeof Response): void {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      if (Object.hasOwn(AnswerResponse.prototype, name)) continue
      Object.defineProperty(AnswerResponse.prototype, name, {
        configurable: true,
        get(this: AnswerResponse): unknown {
          const platform = this.#asPlatform()
          const member: unknown = Reflect.get(platform, name)
          return typeof member === 'function' ? member.bind(platform) : member
        }
      })
    }
    Object.setPrototypeOf(AnswerResponse.prototype, prototype)
  }

  constructor(parts: ResponseParts) {
    const { answer, isHead = false } = parts
    this.#parts = parts
    this.#empty = isHead || NO_BODY.has(answer.status)
    if (this.#empty) answer.discard()
    else if (!answer.arrived) abandoned.register(this, answer, this)
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
    return this.#parts.url ?? ''
  }

  get redirected(): boolean {
    return this.#parts.redirected ?? false
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
    const { answer, failure = unchanged } = this.#parts
    if (this.#read || this.#platform !== undefined || this.#empty) return null
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
    const { answer, failure = unchanged } = this.#parts
    if (this.#empty) return null
    if (this.#read) return new ReadableStream()
    abandoned.unregister(this)
    const source = answer.stream()
    const stream = streamOf(source, failure)
    abandoned.register(stream, source)
    return stream
  }
}

/** A stream of bytes like that of `fetch`. To cancel it ends the transfer. */
function streamOf(source: Readable, failure: (error: unknown) => unknown): ReadableStream {
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

function unchanged(error: unknown): unknown {
  return error
}
