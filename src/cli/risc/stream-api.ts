import type { ServiceAccountKey } from '../../core/credentials/service-account-key.js'
import { EVENT_TYPES } from '../../core/risc/event-types.js'
import { providerFetch } from '../../core/provider/fetch.js'
import { networkCode } from '../network-code.js'
import { serviceJwt } from './service-jwt.js'

const PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push'
/** What may be shown of an answer. */
const SHOWN_LENGTH = 300

/** A stream of security events, as it is registered. */
export interface RegisteredStream {
  url: string
  events: string[]
  status: string
}

/** The stream of a Cloud project at Google's RISC API. Each method throws an `Error` that says what was refused, and the fix. */
export interface StreamApi {
  /** `null`: the project has none. */
  read(): Promise<RegisteredStream | null>
  /** Sends all events to this URL. */
  update(url: string): Promise<void>
  setStatus(status: 'enabled' | 'disabled'): Promise<void>
  /** Has Google send an event with this text. */
  verify(state: string): Promise<void>
}

type Json = Record<string, unknown>

const FIXES: Record<number, string> = {
  401: 'Google does not take the key. It was deleted, or the clock of this machine is wrong.',
  403: 'Give the service account the role "RISC Configuration Admin" (roles/riscconfigs.admin), and enable the RISC API in its project.',
  404: 'No stream is registered in this project. Register one first: risc register'
}

/** @see https://developers.google.com/identity/protocols/risc#register_your_endpoint */
export function streamApi(origin: string, key: ServiceAccountKey): StreamApi {
  const fetch = providerFetch(globalThis.fetch)

  const call = async (method: 'GET' | 'POST', path: string, body?: Json): Promise<Json | null> => {
    const headers = { authorization: `Bearer ${await serviceJwt(key)}`, 'content-type': 'application/json' }
    const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const response = await fetch(`${origin}/v1beta/${path}`, sent).catch((error: unknown) => {
      throw new Error(`${origin} cannot be reached (${networkCode(error)}). Look at the network of this machine.`)
    })
    const answer = await objectIn(response)
    if (response.ok) return answer
    if (method === 'GET' && response.status === 404) return null
    const said = (answer['error'] as { message?: unknown } | undefined)?.message
    const shown = typeof said === 'string' ? `: ${said.slice(0, SHOWN_LENGTH)}` : ''
    const fix = FIXES[response.status] ?? ''
    throw new Error(`${path} was answered with ${response.status}${shown.replace(/\.?$/, '.')} ${fix}`.trim())
  }

  return {
    async read() {
      const stream = await call('GET', 'stream')
      const { url } = (stream?.['delivery'] ?? {}) as { url?: unknown }
      if (stream === null || typeof url !== 'string') return null
      const events = Array.isArray(stream['events_requested']) ? stream['events_requested'] : []
      const { status } = (await call('GET', 'stream/status')) ?? {}
      return { url, events: events.map(String), status: typeof status === 'string' ? status : 'unknown' }
    },
    async update(url) {
      const delivery = { delivery_method: PUSH, url }
      await call('POST', 'stream:update', { delivery, events_requested: Object.values(EVENT_TYPES) })
    },
    async setStatus(status) {
      await call('POST', 'stream/status:update', { status })
    },
    async verify(state) {
      await call('POST', 'stream:verify', { state })
    }
  }
}

/** The JSON object in an answer; an empty one for anything else. */
async function objectIn(response: Response): Promise<Json> {
  const content: unknown = await response.json().catch(() => null)
  return typeof content === 'object' && content !== null ? (content as Json) : {}
}
