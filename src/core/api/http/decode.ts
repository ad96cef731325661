import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

const DECODERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress
}

/** Whether `decode` changes a body of this `Content-Encoding`. */
export function isEncoded(encoding: string | null): encoding is string {
  return encoding !== null && Object.hasOwn(DECODERS, encoding.toLowerCase())
}

/** `body` without its `Content-Encoding`. */
export function decode(body: Readable, encoding: string): Readable {
  const decoder = DECODERS[encoding.toLowerCase()]
  // A reader of the decoder hears of a broken source by the error that `pipeline` passes on.
  return decoder === undefined ? body : pipeline(body, decoder(), () => {})
}
