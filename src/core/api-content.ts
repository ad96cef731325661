import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Dispatcher } from 'undici'
import type { ApiRequestOptions } from './api-types.js'

/** The URL of a call, with its parameters. */
export function targetOf({ url = '', baseURL, params, paramsSerializer }: ApiRequestOptions): string {
  const target = baseURL === undefined ? String(url) : new URL(String(url), String(baseURL)).href
  if (params === undefined) return target
  const query = paramsSerializer ? paramsSerializer(params as never) : new URLSearchParams(pairsOf(params)).toString()
  return query === '' ? target : `${target}${target.includes('?') ? '&' : '?'}${query}`
}

function pairsOf(params: Record<string, unknown> | URLSearchParams): [string, string][] {
  if (params instanceof URLSearchParams) return [...params]
  return Object.entries(params).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, String(each)])
  )
}

/** Headers and body of a call as they are sent. */
export function contentOf({ headers: given, data, body = data }: ApiRequestOptions): {
  headers: Record<string, string>
  body: unknown
} {
  const headers = plainHeaders(given)
  if (body === undefined || body === null) return { headers, body: null }
  if (body instanceof URLSearchParams) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8'
    return { headers, body: body.toString() }
  }
  if (typeof body === 'string' || ArrayBuffer.isView(body) || body instanceof Blob || body instanceof FormData)
    return { headers, body }
  if (typeof body === 'object' && !Array.isArray(body) && (Symbol.asyncIterator in body || Symbol.iterator in body))
    return { headers, body }
  headers['content-type'] ??= 'application/json'
  return { headers, body: JSON.stringify(body) }
}

/** Names in lower case, so that each is there once; a caller's own authorization never goes along with ours. */
function plainHeaders(given: ApiRequestOptions['headers']): Record<string, string> {
  if (given === undefined) return {}
  const pairs =
    given instanceof Headers || Array.isArray(given)
      ? [...(given as Iterable<[string, unknown]>)]
      : Object.entries(given)
  const plain: Record<string, string> = {}
  for (const [name, value] of pairs)
    if (value !== undefined && value !== null) plain[name.toLowerCase()] = String(value as string)
  delete plain['authorization']
  return plain
}

/** undici's `request` leaves bodies encoded; Google's API clients ask for gzip. */
export function decoded({ headers, body }: Dispatcher.ResponseData): Dispatcher.ResponseData['body'] | Readable {
  const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase()
  const decoder =
    encoding === 'gzip' || encoding === 'x-gzip'
      ? createGunzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : encoding === 'deflate'
          ? createInflate()
          : null
  // The reader of the decoder hears of a broken source by the error that `pipeline` passes on.
  return decoder === null ? body : pipeline(body, decoder, () => {})
}

/** The body as `type` asks. */
export async function readAs(
  type: ApiRequestOptions['responseType'],
  stream: Dispatcher.ResponseData['body'] | Readable,
  contentType: string
): Promise<unknown> {
  if (type === 'stream') return stream
  const bytes =
    'arrayBuffer' in stream ? Buffer.from(await stream.arrayBuffer()) : Buffer.concat(await stream.toArray())
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
