import { bytesOf } from '../content.js'
import type { Answered } from '../send.js'
import { withAnswered, type AnsweredHeaders } from '../types.js'

type Source = Answered['body']

/** What an answer is made of. */
export interface PooledAnswer {
  url: string
  status: number
  statusText: string
  headers: AnsweredHeaders
  /** Decoded; `null` for an answer that has no body. */
  source: Source | null
  /** What a reader of the body hears when `source` fails. */
  failure: (error: unknown) => unknown
}

/** Nobody will read the body of an answer that nobody holds: its connection is let go, as `fetch` does. */
const abandoned = new FinalizationRegistry<Source>((source) => source.destroy())

type Platform = Pick<Response, 'headers' | 'ok' | 'redirected' | 'status' | 'statusText'>
/** `Response`, known for what is left as it is: TypeScript takes the rest for fields, which no method may override. */
const PlatformResponse = Response as unknown as new (body: null, init: ResponseInit) => Platform

/**
 * A `Response` that reads its body straight from the connection. A web stream, which costs more than the call itself, is made
 * for those who ask for one.
 */
class Pooled extends PlatformResponse implements Response {
  readonly #answer: PooledAnswer
  #read = false
  /** The answer as the platform makes it, for all that is not read straight. */
  #platform: Response | undefined

  constructor(answer: PooledAnswer) {
    const { status, statusText, headers, source } = answer
    super(null, { status, statusText })
    withAnswered(this.headers, headers)
    this.#answer = answer
    if (source === null) return
    // Whoever reads is told. Without a reader an error is nobody's, and no reason to end the process.
    source.on('error', () => {})
    abandoned.register(this, source, this)
  }

  get url(): string {
    return this.#answer.url
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
    const { source, failure } = this.#answer
    if (this.#read || this.#platform !== undefined || source === null) return null
    this.#read = true
    abandoned.unregister(this)
    try {
      return await bytesOf(source)
    } catch (error) {
      throw failure(error)
    }
  }

  #asPlatform(): Response {
    if (this.#platform === undefined) {
      const { source, failure } = this.#answer
      const body = source === null ? null : this.#read ? new ReadableStream() : streamOf(source, failure)
      abandoned.unregister(this)
      if (body !== null && source !== null) abandoned.register(body, source)
      this.#platform = new Response(body, this)
      if (this.#read) this.#platform.body?.getReader()
    }
    return this.#platform
  }
}

export const PooledResponse = Pooled as unknown as new (answer: PooledAnswer) => Response

/** A stream of bytes as `fetch` gives it. Given up, it ends the transfer. */
function streamOf(source: Source, failure: PooledAnswer['failure']): ReadableStream {
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
