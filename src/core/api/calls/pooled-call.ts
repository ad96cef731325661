import type { Access } from '../access.js'
import type { Hop } from './call.js'
import type { Answer } from '../../http/answer.js'
import { connectionsOfFetch } from '../../http/connections.js'
import { requestOfFetch } from '../../http/fetch-request.js'
import { responseOf } from '../../http/response.js'
import type { Arrival } from '../send-authorized.js'
import { WireCall, type WireContent } from './wire-call.js'

/**
 * A call of `fetch` that goes straight over connections. `null` where only `fetch` itself can do what `init` asks for, or where
 * another function stands in its place.
 *
 * Without this file and `core/http/response.ts`, `fetch()` would keep all its promises but its speed: a small JSON answer costs
 * 0.27 to 0.43 of the CPU of the global `fetch` with them, 0.94 to 1.09 without, and 0.88 to 1.14 by undici's own `fetch` over
 * tuned connections (Node 20 to 26, loopback, interleaved rounds).
 */
export function pooledCall(access: Access, input: string | URL | Request, init: RequestInit): PooledCall | null {
  const connections = access.connections ?? connectionsOfFetch()
  if (connections === null || input instanceof Request) return null
  const request = requestOfFetch(access.rule(input), init)
  if (request === null) return null
  delete request.headers['authorization']
  return new PooledCall(request, connections, init.redirect !== 'manual')
}

class PooledCall extends WireCall {
  override async send(hop: Hop): Promise<Answer> {
    try {
      return await super.send(hop)
    } catch (error) {
      throw failure('fetch failed', error, this.signal)
    }
  }

  /** What the caller of `fetch` gets. */
  responseOf({ answer, hop }: Arrival<Answer>): Response {
    return responseOf({
      url: hop.url.href.replace(/#.*$/, ''),
      redirected: hop.count > 0,
      answer,
      isHead: hop.method === 'HEAD',
      failure: (error) => failure('terminated', error, this.signal)
    })
  }
}

/** The error that `fetch` throws where a connection throws `error`. */
function failure(message: string, error: unknown, signal: WireContent['signal']): unknown {
  return signal?.aborted === true ? signal.reason : new TypeError(message, { cause: error })
}
