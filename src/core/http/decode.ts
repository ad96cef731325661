import { pipeline, Transform, type Readable, type TransformCallback } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'

// As in `fetch`, a body may be empty, or lack its end: some proxies send such bodies.
const LENIENT = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }
const LENIENT_BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH }

/** Inflates `deflate`, which some servers send without the zlib header that HTTP asks for. */
class Inflate extends Transform {
  #decoder: Transform | undefined

  override _transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#decoder ??= this.#decoderFor(bytes)
    this.#decoder.write(bytes, done)
  }

  override _flush(done: TransformCallback): void {
    if (this.#decoder === undefined) done()
    else this.#decoder.once('end', done).end()
  }

  /** @see https://www.rfc-editor.org/rfc/rfc1950#section-2.2 */
  #decoderFor([first = 0]: Buffer): Transform {
    const hasHeader = (first & 0x0f) === 8
    return (hasHeader ? createInflate(LENIENT) : createInflateRaw(LENIENT))
      .on('data', (bytes: Buffer) => this.push(bytes))
      .on('error', (error) => this.destroy(error))
  }
}

const DECODERS: Record<string, () => Transform> = {
  gzip: () => createGunzip(LENIENT),
  'x-gzip': () => createGunzip(LENIENT),
  deflate: () => new Inflate(),
  br: () => createBrotliDecompress(LENIENT_BROTLI)
}

/** Whether a body of this `Content-Encoding` has to be decoded, and can be. */
export function isEncoded(encoding: string | null): encoding is string {
  return encoding !== null && Object.hasOwn(DECODERS, encoding.toLowerCase())
}

/** The decoded `body`. */
export function decode(body: Readable, encoding: string): Readable {
  const decoder = DECODERS[encoding.toLowerCase()]
  // `pipeline` passes an error of the source on to the reader of the decoder.
  return decoder === undefined ? body : pipeline(body, decoder(), () => {})
}
