import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { Token } from '../../src/core/token/token.js'

/** The names that all processes of a fleet share. */
export const FLEET = {
  secret: 'secret-of-the-fleet-32-characters-long',
  clientId: 'fleet',
  user: 'ann',
  expired: 'access-0',
  callsKey: 'provider:calls',
  refreshKey: 'provider:refresh-token'
}

/** How long a refresh takes. */
const PROVIDER_MS = 100

export const firstToken = Token.from({ accessToken: FLEET.expired, refreshToken: 'refresh-0', scopes: ['openid'] })

/**
 * A refresh at a provider that rotates. It counts its calls and accepts only the latest refresh token. It gives out the next
 * one at once, even if the caller does not live to store it.
 */
export async function refreshAt(redis: Redis, latest: Token | null): Promise<Token> {
  const call = await redis.incr(FLEET.callsKey)
  const next = `refresh-${call}`
  const before = await redis.getset(FLEET.refreshKey, next)
  if ((before ?? 'refresh-0') !== latest?.refreshToken) throw new Error('invalid_grant')
  await sleep(PROVIDER_MS)
  return Token.from({ accessToken: `access-${call}`, refreshToken: next, scopes: ['openid'] })
}
