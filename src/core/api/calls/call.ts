import type { Answer } from '../../http/answer.js'
import type { AllowedUrl } from '../origins.js'

/** One call of an API, as the caller wants it. It may be sent several times: along redirects, and again after a 401. */
export interface Call<A extends Answer> {
  readonly url: AllowedUrl
  /** In upper case. */
  readonly method: string
  /** Whether the body is a stream, which can be sent only once. */
  readonly streamBody: boolean
  readonly signal: AbortSignal | null | undefined
  readonly followsRedirects: boolean
  /** The answer to one request of the call. It follows no redirect. */
  send(hop: Hop): Promise<A>
}

/**
 * One request of a call: the first, or one that a redirect led to. It has a token only together with a URL that the origin
 * rule allowed: no other pair is of this type.
 */
export type Hop = Target & {
  readonly method: string
  /** Headers of the call that are not sent any more. */
  readonly withoutHeaders: ReadonlySet<string>
  /** Whether the body is not sent any more. */
  readonly bodyless: boolean
  /** How many redirects led here. */
  readonly count: number
}

type Target =
  { readonly url: AllowedUrl; readonly accessToken: string } | { readonly url: URL; readonly accessToken: null }
