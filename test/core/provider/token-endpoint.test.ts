import { TokenRevokeError } from '../../../src/core/errors/grant.js'
import { revokeGrant } from '../../../src/core/provider/revoke.js'
import type { OAuthClient } from '../../../src/core/provider/client-authentication.js'
import t from 'tap'
import { AccessTokenCredentials, MemoryStorage, OAuth2Credentials } from '../../../src/core.js'
import { GoogleAuthError } from '../../../src/core/errors/base.js'
import { providerFetch } from '../../../src/core/provider/fetch.js'
import { providerSource } from '../../../src/core/provider/endpoints.js'
import { EndpointRefusal } from '../../../src/core/provider/refusal.js'
import { readToken, refreshToken } from '../../../src/core/provider/token-endpoint.js'
import { Token } from '../../../src/core/token/token.js'
import { caught } from '../../support/caught.js'
import { MisbehavingProvider, type Answer } from '../../support/misbehaving-provider.js'

const provider = await MisbehavingProvider.start()
t.teardown(() => provider.stop())
t.beforeEach(() => provider.behave())

const NOW = 1_800_000_000_000
const SECRET = 'gocspx_all_small_letters'
const bounded = providerFetch(fetch, 500)

function newClient(changes: Partial<OAuthClient> = {}): OAuthClient {
  return {
    clientId: provider.clientId,
    clientSecret: SECRET,
    provider: providerSource({ issuer: provider.issuer }, bounded),
    fetch: bounded,
    now: () => NOW,
    ...changes
  }
}

const client = newClient()
const { server } = await client.provider()

const read = (fields: unknown, init?: ResponseInit): Promise<Token> =>
  readToken(client, server, Response.json(fields, init))

const good = { access_token: 'at', token_type: 'Bearer' }

t.test('a plain answer', async (t) => {
  t.strictSame(
    (await read({ ...good, expires_in: 3599, scope: 'openid', refresh_token: 'rt', id_token: 'a.b.c' })).toRecord(),
    {
      accessToken: 'at',
      refreshToken: 'rt',
      expiresAt: NOW + 3_599_000,
      scopes: ['openid'],
      idToken: 'a.b.c'
    }
  )
  t.strictSame((await read(good)).toRecord(), { accessToken: 'at', scopes: [] })
})

t.test('blanks mean that there is nothing', async (t) => {
  for (const blank of [null, '']) {
    t.strictSame((await read({ ...good, refresh_token: blank, id_token: blank })).toRecord(), {
      accessToken: 'at',
      scopes: []
    })
  }
  const nulls = { expires_in: null, scope: null, refresh_token_expires_in: null, unknown: null }
  t.strictSame((await read({ ...good, ...nulls })).toRecord(), { accessToken: 'at', scopes: [] })
})

t.test('lifetimes', async (t) => {
  for (const [expires_in, lifeS] of [
    [0, 0],
    ['3600', 3600],
    [3599.5, 3599.5],
    [1e300, 315_360_000],
    ['1e300', 315_360_000]
  ] as const) {
    t.equal((await read({ ...good, expires_in })).expiresAt, NOW + lifeS * 1000, String(expires_in))
    const { refreshTokenExpiresAt } = await read({ ...good, refresh_token_expires_in: expires_in })
    t.equal(refreshTokenExpiresAt, lifeS > 0 ? NOW + lifeS * 1000 : undefined)
  }
  for (const expires_in of [-1, '-1', 'soon', '', true, {}, []]) {
    t.match(await caught(read({ ...good, expires_in })), { code: 'OAUTH_INVALID_RESPONSE' }, JSON.stringify(expires_in))
  }
  for (const odd of [-1, 'soon', {}, [], '']) {
    t.equal((await read({ ...good, refresh_token_expires_in: odd })).refreshTokenExpiresAt, undefined)
  }
})

t.test('kinds of token: Bearer, in any case', async (t) => {
  for (const token_type of ['bearer', 'BEARER']) t.equal((await read({ ...good, token_type })).accessToken, 'at')
  for (const token_type of ['DPoP', 'mac', 'N_A', '', null, undefined, 5, ['Bearer']]) {
    t.match(await caught(read({ ...good, token_type })), { code: /^OAUTH_/ }, String(token_type))
  }
})

t.test('fields of a wrong type', async (t) => {
  for (const [name, values] of Object.entries({
    access_token: [undefined, null, '', 5, {}, ['at']],
    refresh_token: [5, {}, true],
    scope: [5, {}, ['openid']],
    id_token: [5, {}, true]
  })) {
    for (const value of values) {
      t.match(await caught(read({ ...good, [name]: value })), { code: /^OAUTH_/ }, `${name} ${JSON.stringify(value)}`)
    }
  }
})

t.test('what an answer is not', async (t) => {
  for (const body of ['', 'null', '5', '"text"', '[]', '[{"access_token":"at","token_type":"Bearer"}]', '{', '<h1>']) {
    const response = new Response(body, { headers: { 'content-type': 'application/json' } })
    t.match(await caught(readToken(client, server, response)), { code: /^OAUTH_/ }, body)
  }
  const inherited = new Response('{"__proto__":{"access_token":"at","token_type":"Bearer"}}', {
    headers: { 'content-type': 'application/json' }
  })
  t.match(await caught(readToken(client, server, inherited)), { code: /^OAUTH_/ })
})

t.test('refusals: a word, a status, nothing else', async (t) => {
  for (const [fields, status, error] of [
    [{ error: 'invalid_grant' }, 400, 'invalid_grant'],
    [{ error: 'invalid_client' }, 401, 'invalid_client'],
    [{ error: 'Invalid_Grant' }, 400, 'http_400'],
    [{ error: 'a b' }, 400, 'http_400'],
    [{ error: SECRET }, 400, 'http_400'],
    [{ error: `not_${SECRET}_at_all` }, 400, 'http_400'],
    [{ error: 'the_code_that_we_sent' }, 400, 'http_400'],
    [{ error: '' }, 400, 'http_400'],
    [{ error: ['invalid_grant'] }, 400, 'http_400'],
    [null, 502, 'http_502'],
    [good, 203, 'http_203']
  ] as const) {
    const response = Response.json(fields, { status })
    const refusal = await caught(readToken(client, server, response, ['the_code_that_we_sent', 'a']))
    t.ok(refusal instanceof EndpointRefusal)
    t.match(refusal, { error, status, code: 'OAUTH_REFUSED', message: `The provider answered ${status} (${error})` })
    t.strictSame(JSON.parse(JSON.stringify(refusal)), { code: 'OAUTH_REFUSED', name: 'EndpointRefusal', error, status })
  }
  const headers = { 'retry-after': '7' }
  const subtle = Response.json({ error: 'invalid_grant', error_subtype: 'invalid_rapt' }, { status: 400, headers })
  t.match(await caught(readToken(client, server, subtle)), { subtype: 'invalid_rapt', retryAfterS: 7 })
  const loud = Response.json({ error: 'invalid_grant', error_subtype: SECRET }, { status: 400 })
  t.equal((await caught(readToken(client, server, loud))).subtype, undefined)
})

t.test('a refresh can be called off while discovery hangs', async (t) => {
  provider.answer('discovery', 'hang')
  const work = refreshToken(newClient(), 'rt', AbortSignal.timeout(50))
  t.match(await caught(work), { name: 'TimeoutError' })
})

t.test('revocation', async (t) => {
  const live = Token.from({ accessToken: 'at', refreshToken: 'rt-1', scopes: [] })
  t.equal(await revokeGrant(client, live), 'confirmed')
  t.match(Object.fromEntries(provider.requests('revocation')[0]!.form), {
    token: 'rt-1',
    client_id: provider.clientId,
    client_secret: SECRET
  })
  provider.answer('revocation', { status: 400, body: { error: 'invalid_token' } })
  t.equal(await revokeGrant(client, live), 'confirmed', 'it has ended already')
  const failures: Record<string, [Answer, string]> = {
    'invalid_token with 500': [{ status: 500, body: { error: 'invalid_token' } }, 'invalid_token'],
    invalid_client: [{ status: 401, body: { error: 'invalid_client' } }, 'invalid_client'],
    'the token sent back': [{ status: 400, body: { error: 'a_token_of_letters' } }, 'http_400'],
    HTML: [{ status: 503, body: '<h1>' }, 'http_503'],
    redirect: [{ status: 302, headers: { location: '/' } }, 'http_302'],
    reset: ['reset', 'unreachable'],
    hang: ['hang', 'timeout']
  }
  const token = Token.from({ accessToken: 'at', refreshToken: 'a_token_of_letters', scopes: [] })
  for (const [name, [answer, reason]] of Object.entries(failures)) {
    provider.answer('revocation', answer)
    const error = await caught(revokeGrant(client, token))
    t.ok(error instanceof TokenRevokeError && error instanceof GoogleAuthError)
    t.match(error, { reason, statusCode: 502 }, name)
  }
})

t.test('revocation: the refresh token where there is one; nothing for an empty token', async (t) => {
  t.equal(await revokeGrant(client, Token.from({ accessToken: 'at', refreshToken: 'rt', scopes: [] })), 'confirmed')
  t.equal(await revokeGrant(client, Token.from({ accessToken: 'at', scopes: [] })), 'confirmed')
  t.equal(await revokeGrant(client, Token.from({ accessToken: '', scopes: [] })), 'nothing-to-ask')
  t.strictSame(
    provider.requests('revocation').map(({ form }) => form.get('token')),
    ['rt', 'at']
  )
})

t.test('revocation: a status that is none confirms nothing', async (t) => {
  const token = Token.from({ accessToken: 'at', refreshToken: 'rt', scopes: [] })
  const answers: [string, () => unknown][] = [
    ['an error response', () => Response.error()],
    ['an opaque one', () => ({ type: 'opaque', status: 0, headers: new Headers(), body: null })],
    ...[undefined, null, '200', NaN, 200.5, 1, 101, 199, 600, -200].map((status): [string, () => unknown] => [
      `status ${String(status)}`,
      () => ({ status, headers: new Headers(), body: null })
    ])
  ]
  for (const [name, answer] of answers) {
    const fetch = async (): Promise<Response> => answer() as Response
    const google = { ...client, provider: providerSource({}, fetch), fetch: providerFetch(fetch) }
    t.match(await caught(revokeGrant(google, token)), { name: 'TokenRevokeError', reason: 'unreachable' }, name)
    const credentials = new OAuth2Credentials({ token, clientId: 'c', fetch })
    t.match(await caught(credentials.revoke()), { name: 'TokenRevokeError' }, name)
    t.match(await caught(new AccessTokenCredentials('at', { fetch }).revoke()), { name: 'TokenRevokeError' }, name)
  }
})

t.test('a provider without revocation: there is nothing to ask, and nothing has failed', async (t) => {
  provider.answer('discovery', { body: { ...provider.metadata, revocation_endpoint: undefined } })
  const token = Token.from({ accessToken: 'at', refreshToken: 'rt', scopes: [] })
  const without = newClient()
  t.equal(await revokeGrant(without, token), 'nothing-to-ask')
  const storage = new MemoryStorage()
  const credentials = (await OAuth2Credentials.of(without, token, null)).withStorage(storage)
  await storage.put(token)
  await credentials.revoke()
  t.equal(await storage.get(), null, 'the grant is gone here')
  t.equal(provider.requests('revocation').length, 0)
  provider.answer('discovery', { status: 500 })
  t.match(await caught(revokeGrant(newClient(), token)), { name: 'TokenRevokeError' }, 'not known is not the same')
})
