import { retryAfterS } from '../lib/url.js'

/** An answer of the provider that is no success. `error` is the OAuth error, or `http_<status>` when there is none. */
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

/** An error word as RFC 6749 has them; anything else could be a text that quotes what we sent. */
const ERROR_WORD = /^[a-z][a-z_]{0,63}$/

/** Shorter texts are no secrets, and may well be part of a word. */
const SHORTEST_SECRET = 8

/** What an answer that brought no token says. `sent`: what the request held, which no error may repeat. */
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

/** The JSON object in `text`, if that is what it is. */
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
