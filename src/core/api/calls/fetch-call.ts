import type { Fetch } from '../../lib/url.js'
import type { Call, Hop } from './call.js'
import { FetchAnswer } from '../../http/fetch-answer.js'
import type { AllowedUrl, OriginRule } from '../origins.js'
import type { Arrival } from '../send-authorized.js'
import { isStreamBody } from './stream-body.js'

/** A call that a function of `fetch`'s type sends. It takes all that `fetch` takes. */
export class FetchCall implements Call<FetchAnswer> {
  readonly url: AllowedUrl
  readonly method: string
  readonly streamBody: boolean
  readonly signal: AbortSignal | null | undefined
  readonly followsRedirects: boolean
  readonly #base: Fetch
  readonly #request: Request | null
  readonly #init: RequestInit
  readonly #redirect: Request['redirect']
  /** Whether the body is that of the `Request`. That can be read once, so clones of the request are sent. */
  readonly #ownBody: boolean

  constructor(base: Fetch, rule: OriginRule, input: string | URL | Request, init: RequestInit) {
    const request = input instanceof Request ? input : null
    this.url = rule(request?.url ?? (input as string | URL))
    this.method = (init.method ?? request?.method ?? 'GET').toUpperCase()
    this.streamBody = isStreamBody(init.body)
    this.signal = init.signal ?? request?.signal
    this.#redirect = init.redirect ?? request?.redirect ?? 'follow'
    this.followsRedirects = this.#redirect === 'follow'
    this.#base = base
    this.#request = request
    this.#init = init
    this.#ownBody = request !== null && request.body !== null && init.body === undefined
  }

  async send(hop: Hop): Promise<FetchAnswer> {
    const [init, request, redirect] = [this.#init, this.#request, this.followsRedirects ? 'manual' : this.#redirect]
    const sent = { ...init, headers: this.#headersOf(hop), redirect } as const
    if (hop.count === 0) {
      const again = this.#ownBody ? request?.clone() : request
      return new FetchAnswer(await this.#base(again ?? hop.url.href, sent))
    }
    const body = hop.bodyless ? null : this.#ownBody ? (request?.clone().body ?? null) : (init.body ?? null)
    return new FetchAnswer(
      await this.#base(hop.url.href, {
        ...sent,
        method: hop.method,
        body,
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
        ...(this.signal ? { signal: this.signal } : {})
      })
    )
  }

  /** What the caller of `fetch` gets. */
  responseOf({ answer: { response }, hop }: Arrival<FetchAnswer>): Response {
    if (hop.count > 0) Object.defineProperty(response, 'redirected', { value: true, configurable: true })
    return response
  }

  #headersOf({ accessToken, withoutHeaders }: Hop): Headers {
    const headers = new Headers(this.#init.headers ?? this.#request?.headers)
    for (const name of withoutHeaders) headers.delete(name)
    if (accessToken === null) headers.delete('authorization')
    else headers.set('authorization', `Bearer ${accessToken}`)
    return headers
  }
}
