/** As many as `fetch` follows. */
const MOST_HOPS = 20
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const OF_THE_BODY = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']
const OF_THE_ORIGIN = ['authorization', 'proxy-authorization', 'cookie', 'host']

/** A request that is being sent, hop by hop. */
export interface Hop {
  url: URL
  method: string
  /** Headers that go no further than this. */
  withoutHeaders: ReadonlySet<string>
  /** Whether the body has been left behind. */
  bodyless: boolean
  /** Whether every hop so far was of one origin: a token goes no further, and does not come back. */
  sameOrigin: boolean
  count: number
}

/** The request as it was made. */
export function firstHop(url: URL, method: string): Hop {
  return { url, method, withoutHeaders: new Set(), bodyless: false, sameOrigin: true, count: 0 }
}

/**
 * Where an answer sends the request on to, or `null` for an answer that is none of these. What belongs to the origin (the
 * token, cookies) is left behind with it. Throws a `TypeError`, as `fetch` does, for too many hops, for a location that
 * cannot be followed, and where a body would have to be sent again that cannot.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function nextHop(
  hop: Hop,
  status: number,
  location: string | null | undefined,
  oneShotBody: boolean
): Hop | null {
  if (!REDIRECTS.has(status) || location === null || location === undefined) return null
  if (!URL.canParse(location, hop.url.href)) throw new TypeError('The API redirects to what is no URL.')
  const url = new URL(location, hop.url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new TypeError(`The API redirects to a URL of the scheme ${url.protocol}`)
  if (hop.count >= MOST_HOPS) throw new TypeError(`The API redirects more than ${MOST_HOPS} times.`)
  if (url.hash === '') url.hash = hop.url.hash
  const becomesGet =
    status === 303 ? hop.method !== 'GET' && hop.method !== 'HEAD' : status < 303 && hop.method === 'POST'
  const bodyless = hop.bodyless || becomesGet
  if (!bodyless && oneShotBody) throw new TypeError('The API redirects a request whose body can be sent only once.')
  const sameOrigin = hop.sameOrigin && url.origin === hop.url.origin
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    withoutHeaders: new Set([
      ...hop.withoutHeaders,
      ...(becomesGet ? OF_THE_BODY : []),
      ...(sameOrigin ? [] : OF_THE_ORIGIN)
    ]),
    bodyless,
    sameOrigin,
    count: hop.count + 1
  }
}
