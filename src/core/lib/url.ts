/** The type of a `fetch` that a caller can give. */
export type Fetch = typeof fetch

/** Whether `hostname` (of a `URL`) is a loopback host. Only such hosts may be asked over http. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** `value` as a `URL` when it is https, or http on a loopback host; else `null`. */
export function secureUrl(value: unknown): URL | null {
  if (typeof value !== 'string' || !URL.canParse(value)) return null
  const url = new URL(value)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? url : null
}

/** `value` as a `URL` when it is a secure one of nothing but origin and path, as redirect URIs and issuers are; else `null`. */
export function secureBareUrl(value: unknown): URL | null {
  const url = secureUrl(value)
  // Also an empty query or fragment stands in `href`.
  return url !== null && url.href === url.origin + url.pathname ? url : null
}

/**
 * The seconds that a `Retry-After` header asks for, by number or by date; `undefined` where it is missing or makes no
 * sense.
 */
export function retryAfterS(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const seconds = /^\d{1,9}$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
