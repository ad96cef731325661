import type { Fetch } from '../lib/url.js'
import type { Access } from './access.js'
import { FetchCall } from './fetch-call.js'
import { pooledCall } from './pooled/call.js'
import { sendPatiently } from './retry.js'

/**
 * A function of `fetch`'s type that sends a token with each request, to origins that the rule allows, and tries once more
 * after a 401. A stream as the body is not sent twice: then the 401 is returned. Redirects are followed here, whatever `base`
 * makes of them, so that the token never leaves the origin it was sent to. The size of an answer is not bounded: its reader is
 * the caller. Throws what the source of tokens throws, and an `OriginNotAllowedError` before anything is sent.
 * `retries`: how often an idempotent request is tried again where the API asks for patience, or a connection is lost.
 */
export function authorizedFetch(access: Access, base?: Fetch, retries = 0): Fetch {
  const patience = { answered: retries, unanswered: retries }
  return async (input, init = {}) => {
    const pooled = base === undefined ? pooledCall(access, input, init) : null
    if (pooled !== null) return pooled.responseOf(await sendPatiently(pooled, access, patience))
    const call = new FetchCall(base ?? fetchOver(access.connections), access.rule, input, init)
    return call.responseOf(await sendPatiently(call, access, patience))
  }
}

/** The global `fetch`, over `connections` where there are some. */
function fetchOver(connections: Access['connections']): Fetch {
  if (connections === undefined) return fetch
  return (input, init) => fetch(input, Object.assign({ dispatcher: connections }, init))
}
