import { createLocalJWKSet, errors, type CryptoKey, type JSONWebKeySet, type JWK, type JWTHeaderParameters } from 'jose'
import { CHANNELS } from '../channels.js'
import { traced } from '../lib/traced.js'
import type { Fetch } from '../lib/url.js'

/** How long keys are kept when the provider gives no `max-age`. */
const DEFAULT_KEEP_MS = 3_600_000
/** The keys are read again after a day, even if the provider allows longer. */
const MAX_KEEP_MS = 86_400_000
/**
 * How long after that the last good keys are used while the key endpoint is down. A withdrawn key must end some day.
 */
const MAX_STALE_MS = 86_400_000
/**
 * Time between two fetches that are caused by an unknown `kid` or a failure, so that forged tokens cannot flood the
 * key endpoint.
 */
export const KEYS_COOL_DOWN_MS = 30_000

/** Gives every key that the header of a token can mean: one by `kid`, perhaps several without it. */
export type KeySet = (header: JWTHeaderParameters) => Promise<CryptoKey[]>

/**
 * The provider's keys, cached as the HTTP cache directives say. One fetch runs at a time. An unknown `kid` causes another
 * one after a cool-down, and the last good set is used for a day while the key endpoint is down. Throws jose's
 * `JWKSNoMatchingKey` when no key fits, and the error of `fetch` when the right key may be one that was not fetched.
 * @see https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
 */
export function keySet(jwksUri: () => Promise<string>, fetch: Fetch, now: () => number = Date.now): KeySet {
  let current: { find: ReturnType<typeof createLocalJWKSet>; freshUntil: number } | null = null
  let loading: Promise<void> | null = null
  let failure: unknown
  let failedAt = -Infinity
  let forcedAt = -Infinity

  async function load(): Promise<void> {
    const uri = await jwksUri()
    if (!CHANNELS.keys.hasSubscribers) return loadFrom(uri)
    return traced(
      CHANNELS.keys,
      { host: new URL(uri).host },
      () => loadFrom(uri),
      (facts) => (facts.outcome = 'fetched')
    )
  }

  async function loadFrom(uri: string): Promise<void> {
    const response = await fetch(uri, { headers: { accept: 'application/json' } })
    if (response.status !== 200) throw new errors.JOSEError('Expected 200 OK from the JSON Web Key Set HTTP response')
    current = { find: createLocalJWKSet(usable(await response.json())), freshUntil: now() + keepMs(response.headers) }
  }

  function loadOnce(): Promise<void> {
    loading ??= load()
      .then(
        () => {
          failedAt = -Infinity
        },
        (error: unknown) => {
          failure = error
          failedAt = now()
        }
      )
      .finally(() => {
        loading = null
      })
    return loading
  }

  // A clock that is set back must not extend the cool-down.
  const lately = (at: number): boolean => now() >= at && now() - at < KEYS_COOL_DOWN_MS

  return async (header) => {
    // Without a set every caller fetches again; with an old one a failure is not repeated for a while.
    const isRead = current === null || (current.freshUntil <= now() && !lately(failedAt))
    if (isRead) await loadOnce()
    if (current === null || current.freshUntil + MAX_STALE_MS <= now()) throw failure
    try {
      return await findAll(current.find, header)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (isRead) {
        // The keys were read a moment ago because of this token. To read them again would bring the same ones.
        forcedAt = now()
      } else if (loading !== null || !lately(forcedAt)) {
        forcedAt = now()
        await loadOnce()
      }
      if (lately(failedAt)) throw failure
      return await findAll(current.find, header)
    }
  }
}

/**
 * The key set without members that are not keys. An empty set counts as a failure: no provider withdraws all of its
 * keys.
 */
function usable(set: unknown): JSONWebKeySet {
  const listed: unknown = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined
  const isKey = (member: unknown): boolean => typeof member === 'object' && member !== null && !Array.isArray(member)
  const keys = Array.isArray(listed) ? (listed as JWK[]).filter(isKey) : []
  if (keys.length === 0) throw new errors.JWKSInvalid('JSON Web Key Set without keys')
  return { keys }
}

/** All keys that fit `header`. A key that cannot be imported does not fit. */
async function findAll(find: ReturnType<typeof createLocalJWKSet>, header: JWTHeaderParameters): Promise<CryptoKey[]> {
  const keys: CryptoKey[] = []
  try {
    keys.push(await find(header))
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) for await (const key of error) keys.push(key)
  }
  if (keys.length === 0) throw new errors.JWKSNoMatchingKey()
  return keys
}

/** Keys are kept for the cool-down in any case: else each forged token would fetch them where they may not be cached. */
function keepMs(headers: Headers): number {
  const directives = headers.get('cache-control') ?? ''
  if (/\bno-(store|cache)\b/i.test(directives)) return KEYS_COOL_DOWN_MS
  const seconds = /\bmax-age="?(\d{1,9})\b/i.exec(directives)?.[1]
  if (seconds === undefined) return DEFAULT_KEEP_MS
  return Math.max(KEYS_COOL_DOWN_MS, Math.min(Number(seconds) * 1000, MAX_KEEP_MS))
}
