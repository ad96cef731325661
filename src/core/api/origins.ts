import { OriginNotAllowedError } from '../errors/api.js'
import { isLoopback } from '../lib/url.js'

declare const allowed: unique symbol
/** A URL that a token may be sent to. Only an origin rule makes one. */
export type AllowedUrl = URL & { readonly [allowed]: true }

/**
 * Gives the URL of `input` when a token may be sent there. Throws an `OriginNotAllowedError` when not.
 * @param input Where the call goes.
 */
export type OriginRule = (input: string | URL) => AllowedUrl

/** The rule for credentials without a list of origins: any absolute URL of http or https. */
export const anyOrigin: OriginRule = (input) => absolute(input) as AllowedUrl

/**
 * The rule that a token goes only to `patterns`: origins, or `https://*.example.com`, where `*` stands for one or more
 * labels and the port is the default. Throws a `TypeError` for any other pattern.
 */
export function allowOrigins(patterns: readonly string[]): OriginRule {
  const tests = patterns.map(originTest)
  return (input) => {
    const url = absolute(input)
    if (url.username !== '' || url.password !== '' || !tests.some((test) => test(url)))
      throw new OriginNotAllowedError(url.origin)
    return url as AllowedUrl
  }
}

function absolute(input: string | URL): URL {
  let url: URL
  try {
    url = new URL(input)
  } catch {
    throw new OriginNotAllowedError(
      'a relative URL',
      'An API call needs an absolute URL, such as https://www.googleapis.com/calendar/v3/calendars/primary: its origin ' +
        'decides whether the token may be sent.'
    )
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new OriginNotAllowedError(url.protocol)
  return url
}

const WILDCARD = /^https:\/\/\*((?:\.[a-z0-9-]+){2,})$/

function originTest(pattern: string): (url: URL) => boolean {
  const suffix = WILDCARD.exec(pattern)?.[1]
  if (suffix !== undefined) {
    // The host is ASCII and lower case after URL parsing; a label is never empty.
    return (url) => {
      if (url.protocol !== 'https:' || url.port !== '' || !url.hostname.endsWith(suffix)) return false
      return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(url.hostname.slice(0, -suffix.length))
    }
  }
  const url = URL.canParse(pattern) ? new URL(pattern) : null
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (
    url === null ||
    !secure ||
    url.hostname.includes('*') ||
    url.origin !== pattern.replace(/\/$/, '').toLowerCase()
  ) {
    throw new TypeError(
      'apiOrigins must list origins such as "https://www.googleapis.com" or "https://*.googleapis.com" (http on a ' +
        `loopback host only); not ${JSON.stringify(pattern)}`
    )
  }
  const { origin } = url
  return (candidate) => candidate.origin === origin
}
