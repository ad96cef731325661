import t from 'tap'
import { providerFetch } from '../../../src/core/provider/fetch.js'
import { isLoopback, retryAfterS, secureUrl } from '../../../src/core/lib/url.js'
import { unlessAborted } from '../../../src/core/lib/abortable.js'
import { GOOGLE_ENDPOINTS, providerSource } from '../../../src/core/provider/endpoints.js'
import { caught } from '../../support/caught.js'
import { MisbehavingProvider, type Answer } from '../../support/misbehaving-provider.js'

const provider = await MisbehavingProvider.start()
t.teardown(() => provider.stop())
t.beforeEach(() => provider.behave())

const bounded = providerFetch(fetch, 200)
const source = () => providerSource({ issuer: provider.issuer }, bounded)
const never: typeof fetch = () => Promise.reject(new Error('no network was to be used'))

t.test('Google’s endpoints are built in', async (t) => {
  for (const issuer of [undefined, 'https://accounts.google.com']) {
    const google = providerSource({ issuer }, never)
    t.strictSame(google.issuers, ['https://accounts.google.com', 'accounts.google.com'])
    t.match((await google()).server, GOOGLE_ENDPOINTS)
  }
})

t.test('the endpoints of a secrets file count without an issuer alone', async (t) => {
  const uris = { authUri: 'https://a.example/', tokenUri: 'https://t.example/', revokeUri: 'https://r.example/' }
  t.match((await providerSource(uris, never)()).server, {
    authorization_endpoint: uris.authUri,
    token_endpoint: uris.tokenUri,
    revocation_endpoint: uris.revokeUri,
    jwks_uri: GOOGLE_ENDPOINTS.jwks_uri
  })
  const named = providerSource({ ...uris, issuer: 'https://accounts.google.com' }, never)
  t.match((await named()).server, GOOGLE_ENDPOINTS)
  const other = providerSource({ ...uris, issuer: provider.issuer }, bounded)
  t.equal((await other()).server.token_endpoint, `${provider.issuer}/token`)
})

t.test('the token of another provider is not sent to Google to be revoked', async (t) => {
  for (const tokenUri of ['https://t.example/', 'http://127.0.0.1:1/token']) {
    t.equal((await providerSource({ tokenUri }, never)()).server.revocation_endpoint, undefined, tokenUri)
  }
  const tokenUri = 'https://www.googleapis.com/oauth2/v4/token'
  const { server } = await providerSource({ tokenUri }, never)()
  t.equal(server.revocation_endpoint, GOOGLE_ENDPOINTS.revocation_endpoint, 'an older one of Google')
})

t.test('another issuer: discovered on first use, once for any number of callers, and kept', async (t) => {
  const known = source()
  t.strictSame(known.issuers, [provider.issuer])
  t.equal(provider.seen.length, 0)
  const all = await Promise.all(Array.from({ length: 10 }, () => known()))
  t.equal(new Set(all).size, 1)
  await known()
  t.equal(provider.seen.length, 1)
})

t.test('a failure reaches every caller, and is not kept', async (t) => {
  provider.answer('discovery', { status: 500, body: 'oops' })
  const known = source()
  const failed = await Promise.allSettled([known(), known(), known()])
  t.ok(failed.every(({ status }) => status === 'rejected'))
  t.equal(provider.seen.length, 1)
  provider.behave()
  t.ok((await known()).server)
})

t.test('what discovery must not say', async (t) => {
  const { metadata } = provider
  const answers: Record<string, Answer> = {
    'another issuer': { body: { ...metadata, issuer: 'https://evil.example' } },
    'issuer with a slash': { body: { ...metadata, issuer: `${provider.issuer}/` } },
    'issuer missing': { body: { ...metadata, issuer: undefined } },
    'issuer of a wrong type': { body: { ...metadata, issuer: [provider.issuer] } },
    HTML: { headers: { 'content-type': 'text/html' }, body: '<h1>' },
    empty: { body: '' },
    null: { body: 'null' },
    'a list': { body: [metadata] },
    'cut short': { body: '{"issuer":' },
    'a redirect': { status: 302, headers: { location: `${provider.issuer}/elsewhere` } },
    'not found': { status: 404, body: metadata },
    reset: 'reset',
    hang: 'hang',
    stall: 'stall',
    endless: 'endless'
  }
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    for (const value of [
      undefined,
      null,
      '',
      5,
      'keys',
      '/keys',
      'http://evil.example/',
      'javascript:alert(1)',
      'ftp://a/'
    ]) {
      answers[`${name} ${JSON.stringify(value)}`] = { body: { ...metadata, [name]: value } }
    }
  }
  for (const [name, answer] of Object.entries(answers)) {
    provider.seen = []
    provider.answer('discovery', answer)
    await t.rejects(source()(), name)
    t.equal(provider.seen.length, 1, `${name}: asked once, and nobody else`)
  }
})

t.test('an issuer with a path', async (t) => {
  const issuer = `${provider.issuer}/tenant`
  const asked: string[] = []
  const known = providerSource({ issuer }, async (url) => {
    asked.push(url as string)
    return Response.json({ ...provider.metadata, issuer })
  })
  t.equal((await known()).server.issuer, issuer)
  t.strictSame(asked, [`${issuer}/.well-known/openid-configuration`])
})

t.test('addresses: https, or http on a loopback host', async (t) => {
  for (const good of [
    'https://a.example/x',
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://[::1]:8/',
    'HTTP://LOCALHOST/'
  ]) {
    t.ok(secureUrl(good), good)
  }
  for (const bad of [
    'http://a.example/',
    'http://127.0.0.1.evil.example/',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'http://0.0.0.0/',
    'ftp://localhost/',
    'localhost',
    '',
    null,
    new URL('https://a.example/')
  ]) {
    t.equal(secureUrl(bad), null, String(bad))
  }
  t.notOk(isLoopback('127.evil.example'))
})

t.test('one request: bounded in time and size, whole', async (t) => {
  const timed = async (work: Promise<unknown>): Promise<[any, number]> => {
    const startedAt = performance.now()
    return [await caught(work), performance.now() - startedAt]
  }
  for (const answer of ['hang', 'stall'] as const) {
    provider.answer('keys', answer)
    const [error, tookMs] = await timed(bounded(`${provider.issuer}/keys`))
    t.equal(error.name, 'TimeoutError', answer)
    t.ok(tookMs < 2_000)
  }
  provider.answer('keys', 'endless')
  t.ok((await timed(providerFetch(fetch, 20_000)(`${provider.issuer}/keys`)))[1] < 15_000)
  provider.answer('keys', { body: 'x'.repeat(1_048_577) })
  t.match(await caught(providerFetch(fetch)(`${provider.issuer}/keys`)), { code: 'ETOOLARGE' })
  provider.answer('keys', { body: 'x'.repeat(1_048_576) })
  t.equal((await (await providerFetch(fetch)(`${provider.issuer}/keys`)).text()).length, 1_048_576)
})

t.test('a fetch that heeds no signal does not hold us up', async (t) => {
  const deaf = providerFetch(() => new Promise(() => {}), 50)
  t.match(await caught(deaf('https://a.example/')), { name: 'TimeoutError' })
  const stuck = new ReadableStream({ pull: () => new Promise(() => {}) })
  const halfDeaf = providerFetch(async () => new Response(stuck), 50)
  t.match(await caught(halfDeaf('https://a.example/')), { name: 'TimeoutError' })
})

t.test('a caller’s signal counts as well', async (t) => {
  provider.answer('keys', 'hang')
  const ask = providerFetch(fetch, 30_000)
  t.match(await caught(ask(`${provider.issuer}/keys`, { signal: AbortSignal.timeout(50) })), { name: 'TimeoutError' })
  t.match(await caught(ask(`${provider.issuer}/keys`, { signal: AbortSignal.abort() })), { name: 'AbortError' })
  await t.rejects(unlessAborted(Promise.reject(new Error('own')), new AbortController().signal), { message: 'own' })
  t.equal(await unlessAborted(Promise.resolve(1), new AbortController().signal), 1)
})

t.test('answers without a body, and odd ones', async (t) => {
  for (const status of [204, 205, 304, 302, 418]) {
    provider.answer('keys', { status, headers: { 'content-length': '0' } })
    const response = await bounded(`${provider.issuer}/keys`)
    t.equal(response.status, status)
    t.equal(await response.text(), '')
  }
})

t.test('Retry-After: seconds, a date, or nothing that makes sense', async (t) => {
  const now = Date.parse('2026-11-01T00:00:00Z')
  for (const [value, seconds] of [
    ['0', 0],
    ['120', 120],
    [' 7 ', 7],
    ['Sun, 01 Nov 2026 00:00:30 GMT', 30],
    ['Sat, 31 Oct 2026 23:59:00 GMT', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    ['99999999999999', undefined],
    ['Infinity', undefined]
  ] as const) {
    t.equal(retryAfterS(new Headers({ 'retry-after': value }), now), seconds, value)
  }
  t.equal(retryAfterS(new Headers(), now), undefined)
})
