import { GrantLostError } from '../errors/grant.js'
import { unlessAborted } from '../lib/abortable.js'
import type { Token } from '../token/token.js'
import type { Access } from './access.js'
import type { Call, Hop } from './calls/call.js'
import type { Answer } from '../http/answer.js'
import { firstHop, isRedirect, nextHop } from './redirect.js'

/** The answer to a call, and the hop that brought it. */
export interface Arrival<A extends Answer> {
  answer: A
  hop: Hop
}

/**
 * The answer to a call, sent with a token along its redirects. After a 401 it is sent once more with another token, unless its
 * body is a stream: then the 401 is the answer. Throws what the source of tokens throws.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 */
export async function sendAuthorized<A extends Answer>(call: Call<A>, access: Access): Promise<Arrival<A>> {
  const { source, returnRefused } = access
  call.signal?.throwIfAborted()
  const token = await unlessAborted(source(), call.signal)
  const arrival = await follow(call, token, access)
  // A 401 of another origin says nothing about a token that it did not get.
  if (arrival.answer.status !== 401 || arrival.hop.accessToken === null) return arrival
  let other: Token
  try {
    // Also where the call cannot be sent again: the next one must not have the same refused token.
    other = await unlessAborted(source(token), call.signal)
  } catch (error) {
    const unhealable = error instanceof GrantLostError && error.reason === 'no_refresh_token'
    if (unhealable && returnRefused) return arrival
    arrival.answer.discard()
    throw error
  }
  if (call.streamBody) return arrival
  arrival.answer.discard()
  return follow(call, other, access)
}

async function follow<A extends Answer>(call: Call<A>, { accessToken }: Token, { rule }: Access): Promise<Arrival<A>> {
  for (let hop = firstHop(call, accessToken); ;) {
    const answer = await call.send(hop)
    if (!isRedirect(answer, call)) return { answer, hop }
    answer.discard()
    hop = nextHop(hop, answer, call, rule)
  }
}
