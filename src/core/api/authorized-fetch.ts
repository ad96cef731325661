import type { Fetch } from '../lib/url.js'
import type { Access } from './access.js'
import { FetchCall } from './calls/fetch-call.js'
import { pooledCall } from './calls/pooled-call.js'
import { sendWatched } from './send-watched.js'

/**
 * A function of `fetch`'s type that sends a token with each request, to origins that the rule allows, and once more with
 * another token after a 401. A stream as the body is sent once: then the 401 is returned. Redirects are followed here and not
 * by `base`, so that the token never leaves the origin it was sent to. The size of an answer is not bounded: that is for the
 * caller to do, who reads it. `retries` says how often an idempotent request is tried again after 408, 429, 5xx and lost
 * connections. Throws what the source of tokens throws, and an `OriginNotAllowedError` before anything is sent.
 */
export function authorizedFetch(access: Access, base?: Fetch, retries = 0): Fetch {
  const patience = { answered: retries, unanswered: retries }
  return async (input, init = {}) => {
    const pooled = base === undefined ? pooledCall(access, input, init) : null
    if (pooled !== null) return pooled.responseOf(await sendWatched(pooled, access, patience))
    const call = new FetchCall(base ?? fetchOver(access.connections), access.rule, input, init)
    return call.responseOf(await sendWatched(call, access, patience))
  }
}

/** The global `fetch`, over `connections` where there are some. */
function fetchOver(connections: Access['connections']): Fetch {
  if (connections === undefined) return fetch
  return (input, init) => fetch(input, Object.assign({ dispatcher: connections }, init))
}
