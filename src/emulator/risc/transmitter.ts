import type { EventStream } from '../state/registry/streams.js'
import type { World } from '../state/world.js'
import { SECURITY_EVENTS, type SecurityEventType, uriOf } from './event-types.js'
import { securityEventToken, type SecurityEventDraft } from './security-event.js'

/** Whose stream an event goes to. */
export interface SecurityEventTarget {
  /** The client whose project sends it; default: the default client. */
  clientId?: string
  /** Where it is posted to; default: the registered URL. */
  url?: string
}

/** How the receiver answered a security event. */
export interface SentSecurityEvent {
  /** The status of the answer. */
  status: number
  /** The body of the answer, parsed where it is JSON; `''` for none. */
  body: unknown
  /** The name of the token. */
  jti: string
  /** The token, as it was sent. */
  jwt: string
}

/** Google as the transmitter of security events (Cross-Account Protection). */
export class RiscTransmitter {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /**
   * Posts an event to the receiver and returns how it answered. Only the event is sent: what the user has granted stays as it
   * is. Throws a `TypeError` when no URL is registered, or when the stream is disabled or does not send such events.
   * @param type What happened: the last part of the URI of an event, or the whole URI of one that Google does not send.
   * @param event Whom it is about, where it goes, and what is wrong about it.
   */
  async send(
    type: SecurityEventType | (string & {}),
    event: SecurityEventDraft & SecurityEventTarget = {}
  ): Promise<SentSecurityEvent> {
    const { clientId, url = this.#urlFor(type, clientId), ...draft } = event
    const { jwt, jti } = await this.sign(type, { ...draft, ...(clientId === undefined ? {} : { clientId }) })
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json' },
      body: jwt
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text, jti, jwt }
  }

  /**
   * The signed token with an event, which is not sent.
   * @param type As in `send`.
   * @param event As in `send`.
   */
  async sign(
    type: SecurityEventType | (string & {}),
    event: SecurityEventDraft & Pick<SecurityEventTarget, 'clientId'> = {}
  ): Promise<{
    /** The token. */
    jwt: string
    /** Its name. */
    jti: string
  }> {
    const { clientId, ...draft } = event
    const audience = this.#world.clients.inProject(this.#projectOf(clientId)).map((client) => client.clientId)
    return securityEventToken(this.#world, type, audience, draft)
  }

  /**
   * Registers the URL of a receiver for all events, as `stream:update` of Google's RISC API does.
   * @param url Where events are posted to.
   * @param clientId The client whose project sends them; default: the default client.
   */
  register(url: string, clientId?: string): void {
    this.#world.streams.update(this.#projectOf(clientId), { url, eventsRequested: Object.values(SECURITY_EVENTS) })
  }

  /**
   * The stream that is registered; null when there is none.
   * @param clientId The client whose project sends it; default: the default client.
   */
  stream(clientId?: string): EventStream | null {
    return this.#world.streams.of(this.#projectOf(clientId))
  }

  #urlFor(type: string, clientId: string | undefined): string {
    const stream = this.stream(clientId)
    if (!stream) throw new TypeError('No receiver is registered: call risc.register(url), or pass the url')
    if (stream.status !== 'enabled') throw new TypeError('The stream is disabled, so Google sends no event')
    const isSent = !Object.hasOwn(SECURITY_EVENTS, type) || stream.eventsRequested.includes(uriOf(type))
    if (!isSent) throw new TypeError(`The stream does not send the event ${type}, because it was not requested`)
    return stream.url
  }

  #projectOf(clientId: string | undefined): string {
    const client = this.#world.clients.find(clientId)
    if (!client) throw new TypeError(`There is no client ${clientId ?? 'registered'}`)
    return client.project
  }
}
