import type { IncomingHttpHeaders } from 'node:http'
import { isLoopback } from '../../core/lib/url.js'

/**
 * Whether a POST comes from a page of this emulator, or from a program that is not a browser. The host must be a loopback one, since
 * any name can be made to lead here.
 */
export function isOwnForm({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin') return false
  if (origin === undefined) return true
  return origin === `http://${host}` && isLoopback(new URL(origin).hostname)
}
