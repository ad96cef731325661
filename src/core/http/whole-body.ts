import type { Readable } from 'node:stream'
import { ResponseTooLargeError } from '../errors/api.js'
import type { Sink } from './incoming-body.js'

/**
 * A sink that collects all bytes and resolves to them. As soon as there are more than `mostBytes`, it rejects with a
 * `ResponseTooLargeError` and calls `stop`.
 */
export function wholeBody(
  mostBytes: number,
  resolve: (bytes: Buffer) => void,
  reject: (error: unknown) => void,
  stop: () => void
): Sink {
  const chunks: Buffer[] = []
  let size = 0
  return {
    chunk(bytes) {
      size += bytes.length
      if (size <= mostBytes) return chunks.push(bytes) > 0
      chunks.length = 0
      reject(new ResponseTooLargeError(mostBytes))
      stop()
      return true
    },
    end: () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    fail: reject
  }
}

/** All bytes of `stream`. Throws a `ResponseTooLargeError` above `mostBytes`. */
export function wholeStream(stream: Readable, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sink = wholeBody(mostBytes, resolve, reject, () => stream.destroy())
    stream.on('data', (bytes: Buffer) => sink.chunk(bytes))
    stream.on('end', () => sink.end())
    stream.on('error', (error) => sink.fail(error))
  })
}
