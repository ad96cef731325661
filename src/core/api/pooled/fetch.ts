import { connectionsOfFetch, type Connections } from '../http/connections.js'
import { send, type WireRequest } from '../http/send.js'
import { pooledResponse } from './response.js'
import type { Fetch } from '../../lib/url.js'

const SCHEMES = new Set(['http:', 'https:'])
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
const NO_REQUEST_BODY = new Set(['GET', 'HEAD'])
const NO_ANSWER_BODY = new Set([204, 205, 304])
/** As Node's own `fetch` sends them. */
const DEFAULTS = {
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
  'accept-encoding': 'gzip, deflate'
}

/**
 * The global `fetch`, at less than half of its cost for plain requests that follow no redirect: they go straight to the
 * connections that `fetch` uses too, or to `connections`. A `fetch` that took the place of Node's own is asked as it is.
 */
export function pooledFetch(connections?: Connections): Fetch {
  return async (input, init = {}) => {
    const over = connections ?? connectionsOfFetch()
    const plain = over === null ? null : plainRequest(input, init)
    if (over !== null && plain !== null) return sent(plain, over)
    return fetch(input, connections === undefined ? init : Object.assign({ dispatcher: connections }, init))
  }
}

/** The request, or `null` when there is more to it than a pool of connections knows of. */
function plainRequest(input: string | URL | Request, init: RequestInit): WireRequest | null {
  const { method = 'GET', headers: given, body = null, redirect, signal, ...more } = init
  if (input instanceof Request || redirect !== 'manual' || !METHODS.has(method)) return null
  const url = new URL(input)
  if (!SCHEMES.has(url.protocol) || url.username !== '' || url.password !== '') return null
  if (body !== null && (!isWhole(body) || NO_REQUEST_BODY.has(method))) return null
  if (Object.keys(more).length > 0) return null
  const type = typeof body === 'string' ? { 'content-type': 'text/plain;charset=UTF-8' } : {}
  const headers: Record<string, string> = { ...DEFAULTS, ...type }
  for (const [name, value] of given instanceof Headers ? given : new Headers(given)) headers[name] = value
  // A part of something is never encoded, which `fetch` sees to.
  return 'range' in headers ? null : { url, method, headers, body, signal }
}

function isWhole(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}

async function sent(request: WireRequest, connections: Connections): Promise<Response> {
  const { url, method, signal } = request
  const failure = (message: string) => (cause: unknown) =>
    signal?.aborted === true ? (signal.reason as unknown) : new TypeError(message, { cause })
  const answer = await send(connections, request).catch((error: unknown) => {
    throw failure('fetch failed')(error)
  })
  return pooledResponse({
    url: url.href.replace(/#.*$/, ''),
    answer,
    empty: method === 'HEAD' || NO_ANSWER_BODY.has(answer.status),
    failure: failure('terminated')
  })
}
