import { CHANNELS, type ApiCallFacts } from '../channels.js'
import { traced } from '../lib/traced.js'
import type { Access } from './access.js'
import type { Call } from './calls/call.js'
import type { Answer } from '../http/answer.js'
import { sendPatiently, type Retries } from './retry.js'
import type { Arrival } from './send-authorized.js'

/** As `sendPatiently`, for those who watch API calls. */
export function sendWatched<A extends Answer>(call: Call<A>, access: Access, retries: Retries): Promise<Arrival<A>> {
  // The traced way is a function of its own: its closures must cost nothing where nobody watches.
  return CHANNELS.apiCall.hasSubscribers ? sendTraced(call, access, retries) : sendPatiently(call, access, retries)
}

function sendTraced<A extends Answer>(call: Call<A>, access: Access, retries: Retries): Promise<Arrival<A>> {
  const facts: ApiCallFacts = { method: call.method, host: call.url.host }
  return traced(CHANNELS.apiCall, facts, () => sendPatiently(call, access, retries), learnStatus)
}

function learnStatus<A extends Answer>(facts: ApiCallFacts, { answer }: Arrival<A>): void {
  facts.outcome = 'answered'
  facts.status = answer.status
}
