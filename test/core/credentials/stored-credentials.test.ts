import { AccessTokenRefreshError, GrantLostError } from '../../../src/core/errors/grant.js'
import { StorageError } from '../../../src/core/errors/storage.js'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { MemoryStorage } from '../../../src/core/storage/memory.js'
import type { Refresh } from '../../../src/core/provider/refresh.js'
import type { Storage } from '../../../src/core/storage/storage.js'
import { StoredCredentials, type StoredOptions } from '../../../src/core/credentials/stored-credentials.js'
import { REFRESH_AHEAD_MS } from '../../../src/core/credentials/stored-token.js'
import { mergedOver } from '../../../src/core/token/merge.js'
import { isUsable, Token, type TokenRecord } from '../../../src/core/token/token.js'
import { caught } from '../../support/caught.js'

const NOW = 1_800_000_000_000

function held(changes: Partial<TokenRecord> = {}): Token {
  return Token.from({
    accessToken: 'at-0',
    refreshToken: 'rt-0',
    scopes: ['openid'],
    expiresAt: NOW + 3_600_000,
    ...changes
  })
}

const expired = (changes: Partial<TokenRecord> = {}): Token => held({ expiresAt: NOW - 1, ...changes })

/** Credentials over a slot, a clock, and a refresh that can be told what to do. */
function world(first: Token | null, options: Partial<StoredOptions> = {}) {
  const slot = new MemoryStorage(first)
  const seen = {
    refreshed: 0,
    background: [] as Promise<void>[],
    failed: [] as unknown[],
    lost: [] as Token[],
    now: NOW
  }
  let once: Refresh = async (latest) => {
    await sleep(5)
    const answer = { accessToken: `at-${seen.refreshed}`, scopes: [], expiresAt: seen.now + 3_600_000 }
    return mergedOver(Token.from(answer), latest)
  }
  const refresh: Refresh = async (latest) => {
    seen.refreshed++
    return once(latest)
  }
  const make = (more: Partial<StoredOptions> = {}): StoredCredentials =>
    new StoredCredentials({
      tokenInfoUri: 'https://oauth2.googleapis.com/tokeninfo',
      storage: slot,
      refresh,
      now: () => seen.now,
      observer: {
        background: (work) => void seen.background.push(work),
        backgroundFailed: (error) => void seen.failed.push(error),
        grantLost: (_, token) => void seen.lost.push(token)
      },
      ...options,
      ...more
    })
  const refreshes = (next: Refresh): void => void (once = next)
  return { slot, seen, make, refreshes, credentials: make() }
}

const failing =
  (error: Error): Refresh =>
  async () => {
    await sleep(5)
    throw error
  }

t.test('a token that is good is served as it is', async (t) => {
  const { credentials, seen } = world(held())
  t.equal((await credentials.token()).accessToken, 'at-0')
  t.strictSame([seen.refreshed, seen.background.length], [0, 0])
})

t.test('expired: one refresh for any number of callers and holders', async (t) => {
  const { make, seen, slot } = world(expired())
  const holders = Array.from({ length: 5 }, () => make())
  const tokens = await Promise.all(holders.flatMap((each) => Array.from({ length: 4 }, () => each.token())))
  t.ok(tokens.every(({ accessToken }) => accessToken === 'at-1'))
  t.equal(seen.refreshed, 1)
  t.match((await slot.get())?.toRecord(), { accessToken: 'at-1', refreshToken: 'rt-0', scopes: ['openid'] })
})

t.test('refused by an API: one refresh, and a late caller with the old token gets the new one', async (t) => {
  const { make, seen } = world(held())
  const rejected = held()
  const tokens = await Promise.all([make(), make(), make()].map((each) => each.token(rejected)))
  t.ok(tokens.every(({ accessToken }) => accessToken === 'at-1'))
  t.equal((await make().token(rejected)).accessToken, 'at-1')
  t.equal(seen.refreshed, 1)
})

t.test('aging: served at once, renewed behind the request, once', async (t) => {
  const { make, seen, slot } = world(held({ expiresAt: NOW + REFRESH_AHEAD_MS }))
  const tokens = await Promise.all([make(), make(), make()].map((each) => each.token()))
  t.ok(tokens.every(({ accessToken }) => accessToken === 'at-0'))
  await Promise.all(seen.background)
  t.equal(seen.refreshed, 1)
  t.equal((await slot.get())?.accessToken, 'at-1')
})

t.test('a failure behind the request does not reach the caller', async (t) => {
  const { credentials, seen, refreshes } = world(held({ expiresAt: NOW + 10_000 }))
  refreshes(failing(new AccessTokenRefreshError('timeout')))
  t.equal((await credentials.token()).accessToken, 'at-0')
  await Promise.all(seen.background)
  t.match(seen.failed, [{ reason: 'timeout' }])
  t.equal((await credentials.token()).accessToken, 'at-0', 'and the next request tries again')
  await Promise.all(seen.background)
  t.equal(seen.refreshed, 2)
})

t.test('passing trouble: every waiter hears of it, nothing is dropped, and it does not stick', async (t) => {
  const { make, seen, slot, refreshes } = world(expired())
  refreshes(failing(new AccessTokenRefreshError('http_503')))
  const all = await Promise.allSettled([make(), make(), make()].map((each) => each.token()))
  t.ok(all.every((each) => each.status === 'rejected' && each.reason instanceof AccessTokenRefreshError))
  t.equal(seen.refreshed, 1)
  t.match((await slot.get())?.toRecord(), { accessToken: 'at-0', refreshToken: 'rt-0' })
  refreshes(async (latest) => mergedOver(held({ accessToken: 'at-9' }), latest))
  t.equal((await make().token()).accessToken, 'at-9')
})

t.test('a grant that has ended is marked lost: observed once, and Google is not asked again', async (t) => {
  const { make, seen, slot, refreshes } = world(expired())
  refreshes(failing(new GrantLostError('invalid_grant', 'testing_mode')))
  const all = await Promise.all([make(), make(), make()].map((each) => caught(each.token())))
  for (const error of all)
    t.match(error, { name: 'GrantLostError', reason: 'invalid_grant', likelyCause: 'testing_mode' })
  t.match(await caught(make().token()), { reason: 'invalid_grant', likelyCause: 'testing_mode' })
  t.equal(seen.refreshed, 1)
  t.equal(seen.lost.length, 1)
  const record = (await slot.get())!.toRecord()
  t.notOk('refreshToken' in record)
  t.match(record.lost, { reason: 'invalid_grant', likelyCause: 'testing_mode', at: NOW })
  t.equal(await make().hasScopes('openid'), false)
})

t.test('lost while the access token still lives: lost in every view, from the moment it is stored', async (t) => {
  const { credentials, make, seen, slot, refreshes } = world(held({ expiresAt: NOW + 60_000 }))
  refreshes(failing(new GrantLostError('invalid_grant', 'revoked')))
  t.equal((await credentials.token()).accessToken, 'at-0', 'not known yet')
  await Promise.all(seen.background)
  t.equal(seen.lost.length, 1)
  const sent: unknown[] = []
  const api: typeof fetch = async (...request) => {
    sent.push(request)
    return new Response()
  }
  const error = { name: 'GrantLostError', reason: 'invalid_grant', likelyCause: 'revoked', statusCode: 401 }
  for (const each of [credentials, make()]) {
    t.match(await caught(each.token()), error)
    t.match(await caught(each.token(held())), error, 'refused by an API')
    t.match(await caught(each.authorize(api)('https://www.googleapis.com/')), error)
    t.match(await caught(each.request({ url: 'https://www.googleapis.com/' })), error)
    t.match(await caught(each.getRequestHeaders()), error)
    t.match(await caught(each.getAccessToken()), error)
    t.match(await caught(each.retrieveScopes()), error)
    t.equal(await each.hasScopes('openid'), false)
  }
  t.equal(sent.length, 0)
  t.equal(seen.refreshed, 1, 'and nobody asks Google again')
  t.equal(isUsable(await slot.get(), null, NOW), false)
})

t.test('no refresh token: expiry is the end, and nothing is marked lost', async (t) => {
  const { credentials, seen, slot, refreshes } = world(expired({ refreshToken: '' }))
  refreshes(failing(new GrantLostError('no_refresh_token')))
  t.match(await caught(credentials.token()), { reason: 'no_refresh_token' })
  t.equal((await slot.get())?.lost, undefined)
  t.equal(seen.lost.length, 0)
})

t.test('nothing stored', async (t) => {
  const { credentials, seen } = world(null)
  t.match(await caught(credentials.token()), { name: 'GrantLostError', reason: 'missing' })
  t.equal(await credentials.hasScopes('openid'), false)
  t.equal(seen.refreshed, 0)
})

t.test('signed out while a refresh runs: nothing is stored again', async (t) => {
  const { credentials, slot } = world(expired())
  const waiting = caught(credentials.token())
  await sleep(1)
  await slot.delete()
  t.match(await waiting, { name: 'GrantLostError', reason: 'missing' })
  t.equal(await slot.get(), null)
})

t.test('signed in again while a refresh runs: the new grant wins, even over a death', async (t) => {
  for (const outcome of [failing(new GrantLostError('invalid_grant')), undefined]) {
    const { credentials, slot, seen, refreshes } = world(expired())
    if (outcome) refreshes(outcome)
    const waiting = credentials.token()
    await sleep(1)
    await slot.put(held({ accessToken: 'at-signed-in', refreshToken: 'rt-signed-in' }))
    t.equal((await waiting).accessToken, 'at-signed-in')
    t.match((await slot.get())?.toRecord(), { accessToken: 'at-signed-in', refreshToken: 'rt-signed-in' })
    t.equal(seen.lost.length, 0, 'and the loss that was overtaken is not observed')
  }
})

t.test('a storage that never keeps anything does not make us hammer Google', async (t) => {
  const { slot, seen, make } = world(expired())
  const forgetful: Storage = {
    get: () => slot.get(),
    put: () => slot.put(expired()),
    delete: () => slot.delete(),
    update: async (change) => {
      await change(await slot.get())
      return slot.get()
    }
  }
  t.match(await caught(make({ storage: forgetful }).token()), { name: 'AccessTokenRefreshError', reason: 'contended' })
  t.equal(seen.refreshed, 3)
})

t.test('a storage that is down says so', async (t) => {
  const { slot, make } = world(held())
  const down = (): Promise<never> => Promise.reject(new StorageError())
  Object.assign(slot, { get: down })
  t.match(await caught(make().token()), { name: 'StorageError', statusCode: 503 })
})

t.test('the refresh token of a living grant is always there', async () => {
  const step = fc.constantFrom('token', 'refused', 'rotated', 'plain', 'trouble', 'later')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { make, slot, seen, refreshes } = world(held())
      let rotation = 0
      for (const each of steps) {
        if (each === 'later') seen.now += 1_800_000
        if (each === 'trouble') refreshes(() => Promise.reject(new AccessTokenRefreshError('http_503')))
        if (each === 'plain' || each === 'rotated') {
          const brought = each === 'rotated' ? { refreshToken: `rt-${++rotation}` } : {}
          refreshes(async (latest) =>
            mergedOver(
              Token.from({
                accessToken: `at-${seen.refreshed}`,
                scopes: [],
                expiresAt: seen.now + 3_600_000,
                ...brought
              }),
              latest
            )
          )
        }
        const current = (await slot.get())!
        await Promise.allSettled([make().token(each === 'refused' ? current : undefined), make().token()])
        await Promise.all(seen.background)
        const { refreshToken, scopes } = (await slot.get())!
        if (!refreshToken || !scopes.includes('openid')) return false
      }
      return true
    }),
    { numRuns: 60 }
  )
})
