import { BlockList } from 'node:net'
import { isLoopback } from '../lib/url.js'
import type { Call, Hop } from './calls/call.js'
import type { Answer } from '../http/answer.js'
import type { OriginRule } from './origins.js'

/** As many as `fetch` follows. */
const MOST_HOPS = 20
const REDIRECTS = new Set([301, 302, 303, 307, 308])
const OF_THE_BODY = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length']
const OF_THE_ORIGIN = ['proxy-authorization', 'cookie', 'host']
const NONE: ReadonlySet<string> = new Set()

/** The first request of a call. */
export function firstHop({ url, method }: Pick<Call<Answer>, 'url' | 'method'>, accessToken: string): Hop {
  return { url, accessToken, method, withoutHeaders: NONE, bodyless: false, count: 0 }
}

/** Whether `answer` is a redirect that the call follows. */
export function isRedirect(answer: Answer, { followsRedirects }: Call<Answer>): boolean {
  return followsRedirects && REDIRECTS.has(answer.status) && answer.header('location') !== null
}

/**
 * The request that a redirect asks for. The token and the cookies of an origin are not sent to another one, nor when a later
 * redirect leads back. Throws a `TypeError`, as `fetch` does, for too many redirects, for a location that cannot be followed,
 * and where a stream would have to be sent again. It also refuses http after https, and this machine where the API itself is
 * elsewhere.
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function nextHop(hop: Hop, answer: Answer, call: Call<Answer>, rule: OriginRule): Hop {
  const url = followable(answer.header('location') ?? '', hop.url)
  if (isThisMachine(url) && !isThisMachine(call.url))
    throw new TypeError(
      'The API redirects to this machine. That is not followed: what runs here is not a part of the API.'
    )
  if (hop.count >= MOST_HOPS) throw new TypeError(`The API redirects more than ${MOST_HOPS} times.`)
  const { status } = answer
  const becomesGet =
    status === 303 ? hop.method !== 'GET' && hop.method !== 'HEAD' : status < 303 && hop.method === 'POST'
  const bodyless = hop.bodyless || becomesGet
  if (!bodyless && call.streamBody)
    throw new TypeError(
      'The API redirects a request whose body is a stream, which can be sent only once. Send text or bytes instead.'
    )
  const sameOrigin = hop.accessToken !== null && url.origin === hop.url.origin
  const target = sameOrigin ? { url: rule(url), accessToken: hop.accessToken } : { url, accessToken: null }
  const left = [...(becomesGet ? OF_THE_BODY : []), ...(sameOrigin ? [] : OF_THE_ORIGIN)]
  return {
    ...target,
    method: becomesGet ? 'GET' : hop.method,
    withoutHeaders: new Set([...hop.withoutHeaders, ...left]),
    bodyless,
    count: hop.count + 1
  }
}

/** The URL of a `Location` header. */
function followable(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new TypeError('The API redirects to a location that is not a URL.')
  const url = new URL(location, from)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new TypeError(`The API redirects to a URL of the scheme ${url.protocol} and not of https.`)
  if (from.protocol === 'https:' && url.protocol === 'http:')
    throw new TypeError('The API redirects from https to http. That is not followed: others could read the request.')
  if (url.hash === '') url.hash = from.hash
  return url
}

const THIS_MACHINE = new BlockList()
THIS_MACHINE.addSubnet('127.0.0.0', 8)
THIS_MACHINE.addAddress('0.0.0.0')
THIS_MACHINE.addAddress('::1', 'ipv6')
THIS_MACHINE.addAddress('::', 'ipv6')

/** Whether the host of a URL is this machine, however it is written. What a name server may say is not asked. */
function isThisMachine({ hostname }: URL): boolean {
  if (hostname.startsWith('[')) return THIS_MACHINE.check(hostname.slice(1, -1), 'ipv6')
  return isLoopback(hostname) || /(^|\.)localhost\.?$/.test(hostname) || THIS_MACHINE.check(hostname)
}
