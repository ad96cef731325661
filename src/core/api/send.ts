import { Readable } from 'node:stream'
import { request, type Dispatcher } from 'undici'

/** One request, as it goes over the wire. */
export interface Sent {
  method: string
  headers: Record<string, string>
  body: unknown
  signal: AbortSignal | undefined
  /** Default: as long as the connections wait. */
  headersTimeout?: number
}

/** An answer as undici's `request` gives it, so far as we use it. */
export interface Answered extends Pick<Dispatcher.ResponseData, 'statusCode' | 'statusText' | 'headers'> {
  body: Dispatcher.ResponseData['body'] | Readable
}

let own: typeof fetch | undefined

/**
 * Whether the global `fetch` is Node's own, which its pool of connections can stand in for. One that took its place (to
 * mock, record or trace requests) is to be asked. Node's says in its source whose it is; what we do not know is not Node's.
 */
export function isFetchOwn(): boolean {
  own ??= Function.prototype.toString.call(fetch).includes('internal/deps/undici') ? fetch : undefined
  return fetch === own
}

/** The answer to a request sent over `connections`, by default those of the global `fetch`, or by what took its place. */
export async function exchange(url: URL, { signal, ...rest }: Sent, connections?: Dispatcher): Promise<Answered> {
  const init = { ...rest, ...(signal ? { signal } : {}) } as Omit<Dispatcher.RequestOptions, 'origin' | 'path'>
  // By their own method: they may be of another version of undici than ours.
  if (connections !== undefined)
    return connections.request({ ...init, origin: url.origin, path: url.pathname + url.search })
  return isFetchOwn() ? request(url, init) : exchangeByFetch(url, init)
}

async function exchangeByFetch(url: URL, init: object): Promise<Answered> {
  const response = await fetch(url, { ...init, redirect: 'manual', duplex: 'half' })
  // The body comes decoded.
  const { 'content-encoding': _, ...headers } = Object.fromEntries(response.headers)
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as never)
  return { statusCode: response.status, statusText: response.statusText, headers, body }
}

/** Lets go of an answer that nobody will read: of its connection only when there is much left to read. */
export function discard({ body }: Answered): void {
  if ('dump' in body) void body.dump().catch(() => {})
  else body.on('error', () => {}).destroy()
}
