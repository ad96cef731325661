import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress
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
