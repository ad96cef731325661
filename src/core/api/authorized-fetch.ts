import { sendAuthorized, type TokenSource } from './send-authorized.js'
import { isOneShot } from './stream-body.js'
import type { OriginRule } from './origins.js'
import type { Fetch } from '../lib/url.js'
import { firstHop, nextHop, type Hop } from './redirect.js'
import { unlessAborted } from '../lib/abortable.js'

/** An answer, and whether its request carried the token: what another origin says is no word on the token. */
interface Answer {
  response: Response
  authorized: boolean
}

/**
 * A function of `fetch`'s type that sends the token of `source`, to origins that `rule` allows, and tries once more
 * after a 401. A one-shot body (a stream) is not sent twice: then the 401 is returned. Redirects are followed here,
 * whatever `base` makes of them, so that the token never leaves the origin it was sent to.
 * Throws what `source` throws, and an `OriginNotAllowedError` before anything is sent.
 */
export function authorizedFetch(
  source: TokenSource,
  rule: OriginRule,
  base: Fetch = fetch,
  { returnRefused = true }: { returnRefused?: boolean } = {}
): Fetch {
  return async (input, init = {}) => {
    const request = input instanceof Request ? input : null
    const url = rule(request?.url ?? (input as string | URL))
    const signal = init.signal ?? request?.signal
    const redirect = init.redirect ?? request?.redirect ?? 'follow'
    const method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    const oneShot = isOneShot(init.body)
    // A Request's own body can be read once: clones are sent, the original is kept.
    const ownBody = request !== null && request.body !== null && init.body === undefined
    signal?.throwIfAborted()

    const send = (hop: Hop, accessToken: string): Promise<Response> => {
      const headers = new Headers(init.headers ?? request?.headers)
      headers.set('authorization', `Bearer ${accessToken}`)
      for (const name of hop.withoutHeaders) headers.delete(name)
      const sent = { ...init, headers, redirect: redirect === 'follow' ? ('manual' as const) : redirect }
      if (hop.count === 0) return base(request === null ? hop.url.href : ownBody ? request.clone() : request, sent)
      const body = hop.bodyless ? null : ownBody ? request.clone().body : (init.body ?? null)
      const streaming = body instanceof ReadableStream ? { duplex: 'half' as const } : {}
      return base(hop.url.href, { ...sent, ...streaming, method: hop.method, body, ...(signal ? { signal } : {}) })
    }

    const follow = async (accessToken: string): Promise<Answer> => {
      for (let hop = firstHop(url, method); ;) {
        const response = await send(hop, accessToken)
        const next =
          redirect === 'follow' ? nextHop(hop, response.status, response.headers.get('location'), oneShot) : null
        if (next === null) {
          if (hop.count > 0) Object.defineProperty(response, 'redirected', { value: true, configurable: true })
          return { response, authorized: hop.sameOrigin }
        }
        discard(response)
        hop = next
      }
    }

    const { response } = await sendAuthorized<Answer>((rejected) => unlessAborted(source(rejected), signal), {
      send: follow,
      statusOf: ({ response, authorized }) => (authorized ? response.status : 0),
      discard: ({ response }) => discard(response),
      resendable: !oneShot,
      returnRefused
    })
    return response
  }
}

/** Lets go of a body that nobody will read, so that its connection is free again. */
function discard(response: Response): void {
  void response.body?.cancel().catch(() => {})
}
