import type { Call, Hop } from './call.js'
import type { Answer } from '../../http/answer.js'
import type { Connections } from '../../http/connections.js'
import { FetchAnswer } from '../../http/fetch-answer.js'
import { send, type WireRequest } from '../../http/send.js'
import type { AllowedUrl } from '../origins.js'
import { isStreamBody } from './stream-body.js'

/** What a call sends, but for its token. The names of its headers are in lower case, and `authorization` is none of them. */
export interface WireContent extends WireRequest {
  url: AllowedUrl
}

/** A call that goes straight over connections, without the cost of `fetch`. */
export class WireCall implements Call<Answer> {
  readonly url: AllowedUrl
  readonly method: string
  readonly streamBody: boolean
  readonly signal: AbortSignal | null | undefined
  readonly followsRedirects: boolean
  readonly #content: WireContent
  readonly #connections: Connections | null

  /** `connections` is `null` where the global `fetch` has to send it, see `connectionsOfFetch`. */
  constructor(content: WireContent, connections: Connections | null, followsRedirects = true) {
    this.url = content.url
    this.method = content.method
    this.streamBody = isStreamBody(content.body)
    this.signal = content.signal
    this.followsRedirects = followsRedirects
    this.#content = content
    this.#connections = connections
  }

  send(hop: Hop): Promise<Answer> {
    const { headers, body, signal, headersTimeout } = this.#content
    const request = {
      url: hop.url,
      method: hop.method,
      headers: headersOf(hop, headers),
      body: hop.bodyless ? null : body,
      signal,
      headersTimeout
    }
    return this.#connections === null ? sendByFetch(request) : send(this.#connections, request)
  }
}

function headersOf({ accessToken, withoutHeaders }: Hop, headers: Record<string, string>): Record<string, string> {
  const sent: Record<string, string> = {}
  for (const name of Object.keys(headers)) if (!withoutHeaders.has(name)) sent[name] = headers[name] ?? ''
  if (accessToken !== null) sent['authorization'] = `Bearer ${accessToken}`
  return sent
}

async function sendByFetch({ url, signal = null, ...init }: WireRequest): Promise<Answer> {
  return new FetchAnswer(await fetch(url, { ...init, signal, redirect: 'manual', duplex: 'half' } as RequestInit))
}
