import type { Answer } from '../http/answer.js'
import { serialized, textOf } from './request-url.js'
import type { ApiRequestOptions } from './types.js'

const FORM = 'application/x-www-form-urlencoded'

/** Headers and body of a call, ready to be sent. */
export async function contentOf({ headers: given, data, body = data }: ApiRequestOptions): Promise<{
  headers: Record<string, string>
  body: unknown
}> {
  const headers = plainHeaders(given)
  if (body === undefined || body === null) return { headers, body: null }
  if (body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob) {
    // Encoded by the platform, and kept whole, so that it can be sent a second time.
    const encoded = new Response(body)
    const type = encoded.headers.get('content-type')
    if (type !== null) headers['content-type'] ??= type
    return { headers, body: Buffer.from(await encoded.arrayBuffer()) }
  }
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return { headers, body }
  if (body instanceof ArrayBuffer) return { headers, body: Buffer.from(body) }
  if (typeof body === 'object' && !Array.isArray(body) && (Symbol.asyncIterator in body || Symbol.iterator in body))
    return { headers, body }
  if (headers['content-type'] === FORM && typeof body === 'object') return { headers, body: serialized(body) }
  headers['content-type'] ??= 'application/json'
  return { headers, body: JSON.stringify(body) }
}

/** Headers with names in lower case, so that each is there once, and without `authorization`: only our own is sent. */
export function plainHeaders(given: ApiRequestOptions['headers']): Record<string, string> {
  if (given === undefined) return {}
  const pairs =
    given instanceof Headers || Array.isArray(given)
      ? [...(given as Iterable<[string, unknown]>)]
      : Object.entries(given)
  const plain: Record<string, string> = {}
  for (const [name, value] of pairs)
    if (value !== undefined && value !== null) plain[name.toLowerCase()] = textOf(value)
  delete plain['authorization']
  return plain
}

/** The body in the form that `type` names. Throws a `ResponseTooLargeError` above `mostBytes`; a stream has no bound. */
export async function readAs(
  type: ApiRequestOptions['responseType'],
  answer: Answer,
  mostBytes: number
): Promise<unknown> {
  if (type === 'stream') return answer.stream()
  const contentType = answer.header('content-type') ?? ''
  const bytes = await answer.bytes(mostBytes)
  if (type === 'arraybuffer') return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  if (type === 'blob') return new Blob([bytes], { type: contentType })
  const text = bytes.toString('utf8')
  if (type === 'text' || (type !== 'json' && !/\bjson\b/i.test(contentType))) return text
  try {
    return text === '' ? '' : (JSON.parse(text) as unknown)
  } catch {
    return text
  }
}
