import { retryAfterS } from '../lib/url.js'

/** An answer of the provider that is not a success. `error` is the OAuth error, or `http_<status>` without one. */
export class EndpointRefusal extends Error {
  readonly code = 'OAUTH_REFUSED'
  readonly status: number
  readonly error: string
  readonly subtype?: string
  readonly retryAfterS?: number

  constructor(status: number, error: string, subtype: string | undefined, waitS: number | undefined) {
    super(`The provider answered ${status} (${error})`)
    this.name = 'EndpointRefusal'
    this.status = status
    this.error = error
    if (subtype !== undefined) this.subtype = subtype
    if (waitS !== undefined) this.retryAfterS = waitS
  }
}

/** An error word as in RFC 6749. Another text could quote the request. */
const ERROR_WORD = /^[a-z][a-z_]{0,63}$/

/** A text shorter than this is not a secret, and can be part of an error word. */
const SHORTEST_SECRET = 8

/** The refusal in an answer that is not a success. `sent`: secrets of the request, which must not get into an error. */
export async function refusalOf(
  response: Response,
  client: { clientSecret?: string | undefined; now: () => number },
  sent: readonly string[]
): Promise<EndpointRefusal> {
  const body = parseObject(await response.text().catch(() => ''))
  const secrets = [...sent, client.clientSecret ?? ''].filter((text) => text.length >= SHORTEST_SECRET)
  const word = (value: unknown): string | undefined =>
    typeof value === 'string' && ERROR_WORD.test(value) && !secrets.some((secret) => value.includes(secret))
      ? value
      : undefined
  const { status, headers } = response
  return new EndpointRefusal(
    status,
    word(body?.['error']) ?? `http_${status}`,
    word(body?.['error_subtype']),
    retryAfterS(headers, client.now())
  )
}

/** A word for what went wrong on the way to the provider. */
export function troubleName(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown }
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout'
  return typeof code === 'string' && code.startsWith('OAUTH_') ? 'invalid_response' : 'unreachable'
}

/** The JSON object in `text`; `undefined` if it holds something else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
