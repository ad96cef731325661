import type { Endpoint } from '../../http/paths.js'

/** A request to the emulator, without secrets. */
export interface SeenRequest {
  /** What it was for. */
  endpoint: Endpoint
  /** The HTTP method. */
  method: string
  /** Without the query. */
  path: string
  /** At the token endpoint. */
  grantType?: string
  /** Where the request names a client in its body. */
  clientId?: string
  /** The account of the access token that came with the request, even if it has ended. */
  sub?: string
  /** Milliseconds since the epoch. */
  at: number
  /** The status of the answer; absent while there is none. */
  status?: number
}

/** How many requests are kept. Older ones are only counted. */
const KEPT = 10_000

/** The requests to the emulator, and their number by endpoint. */
export class RequestLog {
  readonly #now: () => number
  readonly #counts = new Map<string, number>()
  readonly seen: SeenRequest[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  add(request: Omit<SeenRequest, 'at'>): SeenRequest {
    const { endpoint, grantType } = request
    const keys = grantType === undefined ? [endpoint] : [endpoint, `${endpoint} ${grantType}`]
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    const seen = { ...request, at: this.#now() }
    this.seen.push(seen)
    if (this.seen.length > KEPT) this.seen.shift()
    return seen
  }

  /** How many requests the endpoint has had since the last reset, failed ones included. */
  count(endpoint: Endpoint, grantType?: string): number {
    return this.#counts.get(grantType === undefined ? endpoint : `${endpoint} ${grantType}`) ?? 0
  }

  reset(): void {
    this.#counts.clear()
    this.seen.length = 0
  }
}
