import { AccessTokenRefreshError, GrantLostError } from '../../../src/core/errors/grant.js'
import type { OAuthClient } from '../../../src/core/provider/client-authentication.js'
import t, { type Test } from 'tap'
import { providerFetch } from '../../../src/core/provider/fetch.js'
import { providerSource } from '../../../src/core/provider/endpoints.js'
import { refreshBy } from '../../../src/core/provider/refresh.js'
import { REFRESH_BUDGET_MS } from '../../../src/core/storage/storage.js'
import { EndpointRefusal, troubleName } from '../../../src/core/provider/refusal.js'
import { Token, type TokenRecord } from '../../../src/core/token/token.js'
import { caught } from '../../support/caught.js'
import { daysAgo, MisbehavingProvider, type Answer } from '../../support/misbehaving-provider.js'

const SECRET = 'GOCSPX-secret'

/** A provider of its own, so that slow cases can run side by side. */
async function world(t: Test, { timeoutMs }: { timeoutMs?: number } = {}) {
  const provider = await MisbehavingProvider.start()
  t.teardown(() => provider.stop())
  const bounded = providerFetch(fetch, timeoutMs)
  const client: OAuthClient = {
    clientId: provider.clientId,
    clientSecret: SECRET,
    provider: providerSource({ issuer: provider.issuer }, bounded),
    fetch: bounded,
    now: Date.now
  }
  const refresh = refreshBy(client)
  const answers = (...list: (Answer | 'good')[]): void =>
    provider.answer('token', () => {
      const next = list.length > 1 ? list.shift()! : list[0]!
      return next === 'good' ? { body: provider.tokens({ id_token: undefined, refresh_token: undefined }) } : next
    })
  const failure = async (record: Partial<TokenRecord> = {}): Promise<any> => caught(refresh(held(record)))
  return { provider, refresh, answers, failure }
}

function held(record: Partial<TokenRecord> = {}): Token {
  return Token.from({ accessToken: 'at-0', refreshToken: 'rt-0', scopes: ['openid', 'email', 'profile'], ...record })
}

const unavailable: Answer = { status: 503, body: 'busy' }

t.test('what the request says', async (t) => {
  const { provider, refresh } = await world(t)
  await refresh(held())
  t.strictSame(Object.fromEntries(provider.requests('token')[0]!.form), {
    grant_type: 'refresh_token',
    refresh_token: 'rt-0',
    client_id: provider.clientId,
    client_secret: SECRET
  })
})

t.test('nothing is lost over a refresh', async (t) => {
  const { provider, refresh } = await world(t)
  const grantedAt = daysAgo(3)
  const before = held({ idToken: 'a.b.c', grantedAt, refreshTokenExpiresAt: Date.now() + 9_999_999 })
  for (const refresh_token of [undefined, null, '']) {
    provider.answer('token', () => ({ body: provider.tokens({ refresh_token, id_token: refresh_token }) }))
    const after = await refresh(before)
    t.equal(after.refreshToken, 'rt-0', `no new one (${String(refresh_token)}): the old is kept`)
    t.equal(after.accessToken, 'at-1')
    t.equal(after.idToken, 'a.b.c')
    t.equal(after.grantedAt, grantedAt)
    t.equal(after.refreshTokenExpiresAt, before.refreshTokenExpiresAt)
    t.ok(Date.now() - after.refreshedAt! < 10_000)
  }
  provider.answer('token', () => ({ body: provider.tokens({ refresh_token: 'rt-1' }) }))
  const rotated = await refresh(before)
  t.equal(rotated.refreshToken, 'rt-1', 'a new one is taken')
  t.equal(rotated.refreshTokenExpiresAt, undefined)
})

t.test('scopes never shrink', async (t) => {
  const { provider, refresh } = await world(t)
  for (const scope of [
    undefined,
    null,
    '',
    'openid',
    'email  openid',
    'https://www.googleapis.com/auth/userinfo.profile'
  ]) {
    provider.answer('token', () => ({ body: provider.tokens({ scope }) }))
    t.strictSame((await refresh(held())).scopes, ['openid', 'email', 'profile'], String(scope))
  }
  provider.answer('token', () => ({ body: provider.tokens({ scope: 'openid https://www.googleapis.com/auth/drive' }) }))
  t.equal((await refresh(held())).scopes.length, 4, 'and may grow')
})

t.test('a dead grant, with a guess at the cause', async (t) => {
  const { provider, answers, failure } = await world(t)
  const refused = (error: string, more: object = {}): void =>
    answers({ status: 400, body: { error, error_description: `rt-0 ${SECRET}`, ...more } })
  for (const [error, more, record, likelyCause] of [
    ['invalid_grant', {}, {}, 'revoked'],
    ['invalid_grant', { error_subtype: 'invalid_rapt' }, {}, 'invalid_rapt'],
    ['invalid_grant', { error_subtype: { a: 1 } }, {}, 'revoked'],
    ['invalid_rapt', {}, {}, 'invalid_rapt'],
    ['admin_policy_enforced', {}, {}, 'admin_policy_enforced'],
    ['deleted_client', {}, {}, 'deleted_client'],
    ['invalid_grant', {}, { grantedAt: daysAgo(7.2) }, 'testing_mode'],
    ['invalid_grant', {}, { grantedAt: daysAgo(200) }, 'unused_six_months'],
    ['invalid_grant', {}, { refreshTokenExpiresAt: daysAgo(1) }, 'time_based_access_ended']
  ] as const) {
    refused(error, more)
    provider.seen = []
    const lost = await failure(record)
    t.ok(lost instanceof GrantLostError)
    t.match(lost, { reason: error, likelyCause, statusCode: 401 })
    t.equal(provider.requests('token').length, 1, 'asked once')
  }
})

t.test('refused for a reason of ours: not death, and not asked again', async (t) => {
  const { provider, answers, failure } = await world(t)
  for (const [answer, reason] of [
    [{ status: 401, headers: { 'www-authenticate': 'Basic' }, body: { error: 'invalid_client' } }, 'invalid_client'],
    [{ status: 400, body: { error: 'unauthorized_client' } }, 'unauthorized_client'],
    [{ status: 400, body: { error: 'invalid_request' } }, 'invalid_request'],
    [{ status: 400, body: { error: 'Invalid Grant!' } }, 'http_400'],
    [{ status: 400, body: '<h1>invalid_grant' }, 'http_400'],
    [{ status: 400, body: ['invalid_grant'] }, 'http_400'],
    [{ status: 403, body: '' }, 'http_403'],
    [{ status: 404, body: '' }, 'http_404'],
    [{ status: 302, headers: { location: '/' }, body: { error: 'invalid_grant' } }, 'invalid_grant']
  ] as [Answer, string][]) {
    answers(answer)
    provider.seen = []
    const error = await failure()
    t.ok(error instanceof AccessTokenRefreshError, reason)
    t.match(error, { reason, statusCode: 503, headers: { 'retry-after': '2' } })
    t.equal(provider.requests('token').length, 1)
  }
})

t.test('nothing to refresh with', async (t) => {
  const { provider, refresh } = await world(t)
  t.match(await caught(refresh(null)), { name: 'GrantLostError', reason: 'missing' })
  t.match(await caught(refresh(held({ refreshToken: undefined as never }))), { reason: 'no_refresh_token' })
  t.match(await caught(refresh(held({ refreshToken: '' }))), { reason: 'no_refresh_token' })
  t.equal(provider.seen.length, 0)
})

// From here on time passes: side by side.
t.test('trouble', { jobs: 12 }, async (t) => {
  const passing: Record<string, Answer> = {
    '503': unavailable,
    '500 HTML': { status: 500, body: '<h1>' },
    'invalid_grant with 500': { status: 500, body: { error: 'invalid_grant' } },
    'invalid_grant with 429': { status: 429, body: { error: 'invalid_grant' } },
    '200 HTML': { body: '<h1>Sign in to the network' },
    '200 with an error inside': { body: { error: 'invalid_grant' } },
    'DPoP token': { body: { access_token: 'a', token_type: 'DPoP' } },
    reset: 'reset'
  }
  for (const [name, answer] of Object.entries(passing)) {
    t.test(`${name}, then fine`, async (t) => {
      const { provider, refresh, answers } = await world(t)
      answers(answer, 'good')
      t.equal((await refresh(held())).accessToken, 'at-1')
      t.equal(provider.requests('token').length, 2)
    })
  }

  t.test('tried four times with growing pauses', async (t) => {
    const { provider, answers, failure } = await world(t)
    const at: number[] = []
    provider.answer('token', () => {
      at.push(performance.now())
      return unavailable
    })
    t.match(await failure(), { name: 'AccessTokenRefreshError', reason: 'http_503' })
    t.equal(at.length, 4)
    const pauses = at.slice(1).map((time, i) => time - at[i]!)
    for (const [i, least] of [125, 250, 500].entries()) t.ok(pauses[i]! >= least - 5, `pause ${i}: ${pauses[i]}`)
    answers('good')
  })

  t.test('invalid_grant with 500, for good, is trouble and no death', async (t) => {
    const { answers, failure } = await world(t)
    answers({ status: 500, body: { error: 'invalid_grant' } })
    t.ok((await failure()) instanceof AccessTokenRefreshError)
  })

  t.test('Retry-After is honoured', async (t) => {
    const { refresh, answers } = await world(t)
    answers({ status: 429, headers: { 'retry-after': '2' } }, 'good')
    const startedAt = performance.now()
    await refresh(held())
    t.ok(performance.now() - startedAt >= 1_990)
  })

  t.test('Retry-After as a date', async (t) => {
    const { refresh, answers } = await world(t)
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2_000)
    answers({ status: 503, headers: { 'retry-after': until.toUTCString() } }, 'good')
    await refresh(held())
    t.ok(Date.now() >= until.getTime() - 20)
  })

  t.test('Retry-After beyond the budget is passed on, at once', async (t) => {
    const { provider, answers, failure } = await world(t)
    answers({ status: 503, headers: { 'retry-after': '120' } })
    const startedAt = performance.now()
    t.match(await failure(), { name: 'AccessTokenRefreshError', headers: { 'retry-after': '120' } })
    t.ok(performance.now() - startedAt < REFRESH_BUDGET_MS)
    t.equal(provider.requests('token').length, 1)
  })

  for (const hung of ['hang', 'stall'] as const) {
    t.test(`the budget holds for an endpoint that answers ${hung}`, async (t) => {
      const { answers, failure } = await world(t)
      answers(hung)
      const startedAt = performance.now()
      t.match(await failure(), { name: 'AccessTokenRefreshError', reason: 'timeout' })
      t.ok(performance.now() - startedAt < REFRESH_BUDGET_MS + 2_000)
    })
  }

  t.test('the budget holds while discovery hangs', async (t) => {
    const { provider, failure } = await world(t)
    provider.answer('discovery', 'hang')
    const startedAt = performance.now()
    t.match(await failure(), { name: 'AccessTokenRefreshError', reason: 'timeout' })
    t.ok(performance.now() - startedAt < REFRESH_BUDGET_MS + 2_000, `${performance.now() - startedAt} ms`)
  })

  t.test('the port is closed', async (t) => {
    const { provider, failure } = await world(t)
    await provider.stop()
    t.match(await failure(), { name: 'AccessTokenRefreshError', reason: 'unreachable' })
  })
})

t.test('one word for trouble', async (t) => {
  t.equal(troubleName(new DOMException('x', 'TimeoutError')), 'timeout')
  t.equal(troubleName(new DOMException('x', 'AbortError')), 'timeout')
  t.equal(troubleName(Object.assign(new Error('x'), { code: 'OAUTH_PARSE_ERROR' })), 'invalid_response')
  for (const odd of [new Error('x'), undefined, null, 'x', { code: 5 }]) t.equal(troubleName(odd), 'unreachable')
  t.equal(
    new EndpointRefusal(400, 'invalid_grant', undefined, undefined).message,
    'The provider answered 400 (invalid_grant)'
  )
})
