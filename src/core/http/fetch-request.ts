import type { WireRequest } from './send.js'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
const NO_BODY = new Set(['GET', 'HEAD'])
/** The headers that Node's own `fetch` sends. */
const DEFAULTS = {
  accept: '*/*',
  'accept-language': '*',
  'sec-fetch-mode': 'cors',
  'user-agent': 'node',
  'accept-encoding': 'gzip, deflate'
}

/** What `fetch` sends to `url` for `init`. `null` where only `fetch` itself can do what `init` asks for. */
export function requestOfFetch<Url extends URL>(url: Url, init: RequestInit): (WireRequest & { url: Url }) | null {
  const { method = 'GET', headers: given, body: content = null, redirect = 'follow', signal, ...more } = init
  // `fetch` refuses such a URL, and says why.
  if (url.username !== '' || url.password !== '') return null
  if (redirect === 'error' || !METHODS.has(method) || Object.keys(more).length > 0) return null
  const isForm = content instanceof URLSearchParams
  const body = isForm ? content.toString() : content
  if (body !== null && (!isWhole(body) || NO_BODY.has(method))) return null
  const headers: Record<string, string> = { ...DEFAULTS }
  if (isForm) headers['content-type'] = 'application/x-www-form-urlencoded;charset=UTF-8'
  else if (typeof body === 'string') headers['content-type'] = 'text/plain;charset=UTF-8'
  if (given !== undefined)
    for (const [name, value] of given instanceof Headers ? given : new Headers(given)) headers[name] = value
  // `fetch` asks for an answer that is not encoded then.
  if ('range' in headers) return null
  return { url, method, headers, body, signal }
}

function isWhole(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array
}
