import type { FastifyInstance } from 'fastify'
import { isLoopback } from '../../core/lib/url.js'
import type { RedisClient } from '../../redis/commands.js'
import { evictionPolicy, evicts } from '../../redis/inspection.js'
import { cookiesOf } from '../http/cookies.js'
import type { Settings } from '../options/options.js'
import type { Warnings } from './warnings.js'

/** A secret of random bytes has more different characters than this, and none of these words. */
const FEWEST_CHARACTERS = 12
const EXAMPLE = /secret|example|change.?me|password|your[ _-]|lorem|0123456789|abcdefgh/i

/** Warns about what the options themselves show. */
export function warnAtStart(app: FastifyInstance, settings: Settings, warnings: Warnings): void {
  const { redirectUri, registeredUris, secrets, risc, scopes, given } = settings
  const { redis, storage } = given
  if (redis === undefined && storage === undefined) warnings.tell('GOOGLE_AUTH_WARN_MEMORY')
  if (process.env['NODE_ENV'] === 'production' && isLoopback(redirectUri.hostname))
    warnings.tell('GOOGLE_AUTH_WARN_LOOPBACK_REDIRECT', { redirectUri: redirectUri.href })
  if (registeredUris.length > 0 && !registeredUris.includes(redirectUri.href))
    warnings.tell('GOOGLE_AUTH_WARN_REDIRECT_NOT_REGISTERED', { redirectUri: redirectUri.href, registeredUris })
  if (secrets.some(looksWeak)) warnings.tell('GOOGLE_AUTH_WARN_WEAK_SECRET')
  if (settings.lacksDomain) warnings.tell('GOOGLE_AUTH_WARN_NO_DOMAIN')
  if (risc !== null && !scopes.includes('email') && !scopes.includes('profile'))
    warnings.tell('GOOGLE_AUTH_WARN_RISC_SCOPES')
  if (typeof redis === 'object' && !('nodes' in redis) && redis.options.maxRetriesPerRequest === null)
    warnings.tell('GOOGLE_AUTH_WARN_REDIS_WAITS')
  if (settings.signsIn) warnOfSharedCookie(app, settings, warnings)
}

/** Asks Redis what it does when its memory is full. Says nothing where Redis does not tell. */
export async function warnOfEviction(redis: RedisClient, warnings: Warnings): Promise<void> {
  const policy = await evictionPolicy(redis)
  if (policy !== null && evicts(policy)) warnings.tell('GOOGLE_AUTH_WARN_REDIS_EVICTS', { policy })
}

function looksWeak(secret: string): boolean {
  return new Set(secret).size < FEWEST_CHARACTERS || EXAMPLE.test(secret)
}

/** The session cookies of all registrations on one server. */
const cookiesOn = new WeakMap<object, Map<string, string>>()

function warnOfSharedCookie(app: FastifyInstance, settings: Settings, warnings: Warnings): void {
  const { cookieName, cookie = {} } = settings.session
  const name = cookieName ?? cookiesOf(settings).session(true)
  const place = JSON.stringify([name, cookie.path ?? '/', cookie.domain])
  const known = cookiesOn.get(app.server) ?? new Map<string, string>()
  cookiesOn.set(app.server, known)
  const client = JSON.stringify([settings.clientNames, settings.redirectUri.href])
  if (known.has(place) && known.get(place) !== client) warnings.tell('GOOGLE_AUTH_WARN_COOKIE_NAME', { cookie: name })
  known.set(place, client)
}
