import type { Answer } from './http/answer.js'
import type { AllowedUrl } from './origins.js'

/** One call of an API, as it was asked for. It can be sent more than once: along redirects, and after a refusal. */
export interface Call<A extends Answer> {
  readonly url: AllowedUrl
  /** In capitals. */
  readonly method: string
  /** Whether the body is a stream, which can be sent only once. */
  readonly streamBody: boolean
  readonly signal: AbortSignal | null | undefined
  readonly followsRedirects: boolean
  /** Sends one request of the call. Redirects are not followed by it. */
  send(hop: Hop): Promise<A>
}

/**
 * One request of a call: the first, or one that a redirect led to. A token goes only to a URL that the origin rule has let
 * pass: the type allows no other pair.
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
