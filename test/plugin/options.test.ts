import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { googleAuth, type GoogleAuthOptions } from '../../src/index.js'
import { SECRET, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { freePort } from '../support/redis.js'

const REDIRECT = 'https://app.example.com/auth/return'
const GOOD = { clientId: 'client', clientSecret: 'hush-hush', redirectUri: REDIRECT, secret: SECRET }
const WEB = {
  client_id: 'client',
  client_secret: 'hush-hush',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  redirect_uris: [REDIRECT]
}

/** The error of an app with these options at its start, or `null`. */
async function errorOf(t: Test, options: unknown): Promise<(Error & { code?: string }) | null> {
  const app = Fastify()
  t.teardown(() => app.close())
  try {
    await app.register(googleAuth, options as GoogleAuthOptions)
    await app.ready()
    return null
  } catch (error) {
    return error as Error
  }
}

const without = (...names: (keyof typeof GOOD)[]) =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => !names.includes(name as keyof typeof GOOD)))

t.test('a wrong option throws a TypeError that names it', async (t) => {
  const cases: [option: string, options: object][] = [
    ['clientSecretsFile', without('clientId', 'clientSecret')],
    ['clientSecretsFile', { ...GOOD, clientSecrets: { web: WEB } }],
    ['clientSecretsFile', { ...GOOD, clientSecretsFile: '/nowhere.json' }],
    ['clientSecretsFile', { ...without('clientId', 'clientSecret'), clientSecretsFile: 7 }],
    ['clientSecretsFile', { ...without('clientId', 'clientSecret'), clientSecretsFile: '' }],
    ['clientId', without('clientId')],
    ['clientSecret', without('clientSecret')],
    ['clientId', { ...GOOD, clientId: 7 }],
    ['clientSecret', { ...GOOD, clientSecret: '' }],
    ['redirectUri', without('redirectUri')],
    ...[
      'http://app.example.com/auth/return',
      '/auth/return',
      'app.example.com/auth/return',
      'https://app.example.com/auth/return?a=b',
      'https://app.example.com/auth/return#a',
      'https://user:pw@app.example.com/auth/return',
      'https://app.example.com/elsewhere',
      'javascript:alert(1)',
      'ftp://app.example.com/auth/return',
      'http://127.0.0.1.example.com/auth/return',
      '',
      7,
      null,
      {},
      [REDIRECT],
      'https://app.example.com/base/auth/return'
    ].map((redirectUri): [string, object] => ['redirectUri', { ...GOOD, redirectUri }]),
    ...[7, {}, [7], 'open"id', ['a b\u0001'], null, 'openid,email'].map((scopes): [string, object] => [
      'scopes',
      { ...GOOD, scopes }
    ]),
    ['secret', without('secret')],
    ...['', 'short', 'x'.repeat(31), 7, null, [], ['x'.repeat(32), 'short'], [7], { 0: SECRET }].map(
      (secret): [string, object] => ['secret', { ...GOOD, secret }]
    ),
    ...['', 'localhost:6379', 'http://localhost:6379', '127.0.0.1', 7, null, {}, [], true].map(
      (redis): [string, object] => ['redis', { ...GOOD, redis }]
    ),
    ...[-1, 1.5, '1', NaN, null].map((redisReplicas): [string, object] => [
      'redisReplicas',
      { ...GOOD, redisReplicas }
    ]),
    ...['storage', 'errorPage', 'onSignIn', 'onSignOut', 'onGrantLost', 'onRevoke', 'onRevokeFailed'].flatMap((name) =>
      [{}, 'text', null].map((value): [string, object] => [name, { ...GOOD, [name]: value }])
    ),
    ...['text', 7, null, []].map((session): [string, object] => ['session', { ...GOOD, session }]),
    ...[{ cookie: 7 }, { cookie: null }].map((session): [string, object] => ['session.cookie', { ...GOOD, session }]),
    ...['1d', -1, 0, NaN, Infinity, null].map((maxAge): [string, object] => [
      'session.cookie.maxAge',
      { ...GOOD, session: { cookie: { maxAge } } }
    ]),
    ...['/app', '/auth/return', '', 'auth', 7, null].map((path): [string, object] => [
      'session.cookie.path',
      { ...GOOD, session: { cookie: { path } } }
    ]),
    ...['startPath', 'returnPath', 'signOutPath', 'revokePath'].flatMap((name) =>
      ['auth', '', '/', '/a?b', '/a#b', '/:id', '/*', '//evil.example', '/a b', 7, null, 'https://a.example/b'].map(
        (value): [string, object] => [name, { ...GOOD, [name]: value }]
      )
    ),
    ...['', 7, null, 'x'.repeat(61)].map((appName): [string, object] => ['appName', { ...GOOD, appName }]),
    ...['logo.svg', '//evil.example/x', 'http://example.com/x', 'javascript:1', 7].map((appLogo): [string, object] => [
      'appLogo',
      { ...GOOD, appLogo }
    ]),
    ...['red', '#fff', '#12345g', '#ffffff;', 7].map((appColor): [string, object] => [
      'appColor',
      { ...GOOD, appColor }
    ]),
    ['returnPath', { ...GOOD, startPath: '/auth/return' }],
    ['returnPath', { ...GOOD, signOutPath: '/x', revokePath: '/x' }],
    ...['home', '//evil.example', 'https://evil.example/', '/\\evil.example', '', 7, null].map(
      (defaultReturnTo): [string, object] => ['defaultReturnTo', { ...GOOD, defaultReturnTo }]
    ),
    ...['yes', '', null, 7].map((accessType): [string, object] => ['accessType', { ...GOOD, accessType }]),
    ...['', 'https://example.com', 'example', 7, null, [], ['example.com', ''], '*.example.com'].map(
      (hostedDomain): [string, object] => ['hostedDomain', { ...GOOD, hostedDomain }]
    ),
    ...[
      '',
      'accounts.google.com',
      'http://issuer.example',
      'https://issuer.example?x',
      'https://u:p@issuer.example',
      'https://issuer.example/#',
      7,
      null
    ].map((issuer): [string, object] => ['issuer', { ...GOOD, issuer }]),
    ...[
      'https://www.googleapis.com',
      [],
      [7],
      ['*'],
      ['https://*'],
      ['https://*.com'],
      ['http://www.googleapis.com'],
      ['https://www.googleapis.com/path'],
      ['https://www.*.com'],
      ['www.googleapis.com'],
      [''],
      null
    ].map((apiOrigins): [string, object] => ['apiOrigins', { ...GOOD, apiOrigins }]),
    ...['refreshAhead', 'clockTolerance'].flatMap((name) =>
      [-1, NaN, Infinity, '5', null].map((value): [string, object] => [name, { ...GOOD, [name]: value }])
    ),
    ['trustedOrigins', { ...GOOD, trustedOrigins: ['https://*.example.com'] }],
    ['redirectURI', { ...GOOD, redirectURI: REDIRECT }],
    ['cookieSecret', { ...GOOD, cookieSecret: 'x' }]
  ]
  for (const [option, options] of cases) {
    const shown = JSON.stringify(
      Object.fromEntries(Object.entries(options).filter(([name]) => name.startsWith(option)))
    )
    const error = await errorOf(t, options)
    if (!t.type(error, TypeError, `${option}: ${shown}`)) continue
    t.match(error?.message, new RegExp(`\\b${option}\\b`), 'names the option')
    t.match(error?.message, /\. [A-Z]|must list/, 'says what to do')
    t.notOk(error?.message.includes('hush-hush') || error?.message.includes(SECRET), 'tells no secret')
  }
})

t.test('good options', async (t) => {
  const cases: object[] = [
    GOOD,
    { ...GOOD, redirectUri: 'http://localhost:3000/auth/return' },
    { ...GOOD, redirectUri: 'http://[::1]:3000/auth/return' },
    { ...GOOD, redirectUri: 'https://app.example.com/base/auth/return', returnPath: '/base/auth/return' },
    { ...GOOD, scopes: 'email profile' },
    { ...GOOD, scopes: [] },
    { ...GOOD, secret: [SECRET, `${SECRET} old`] },
    { ...GOOD, appName: 'Tea', appLogo: '/logo.svg', appColor: '#0b57d0' },
    { ...GOOD, appLogo: 'https://cdn.example/logo.svg' },
    { ...GOOD, hostedDomain: ['example.com', '*'], apiOrigins: ['https://*.googleapis.com', 'http://127.0.0.1:99'] },
    { ...GOOD, refreshAhead: 0, clockTolerance: 0, accessType: 'online', redisReplicas: 0 },
    { ...GOOD, session: { cookie: { path: '/auth', maxAge: 1_000 } } },
    { ...GOOD, session: { cookie: { path: '/auth/' } } },
    { ...GOOD, onSignIn: undefined, redis: undefined, session: undefined, hostedDomain: undefined },
    { ...without('clientId', 'clientSecret', 'redirectUri'), clientSecrets: { web: WEB } },
    { ...without('clientId', 'clientSecret'), clientSecrets: { web: WEB } }
  ]
  for (const options of cases) t.equal(await errorOf(t, options), null, JSON.stringify(options))
})

t.test('redirectUri is the only matching URI of the secrets file', async (t) => {
  const base = without('clientId', 'clientSecret', 'redirectUri')
  const uris = (...redirect_uris: string[]) => ({ ...base, clientSecrets: { web: { ...WEB, redirect_uris } } })
  const other = 'https://other.example.com/auth/return'
  t.match(await errorOf(t, uris(REDIRECT, other)), { name: 'TypeError', message: /redirectUri.*several/ })
  t.match(await errorOf(t, uris('https://app.example.com/x')), { name: 'TypeError', message: /redirectUri/ })
  t.match(await errorOf(t, uris('http://app.example.com/auth/return')), { name: 'TypeError', message: /redirectUri/ })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, uris('https://app.example.com/x', REDIRECT) as unknown as GoogleAuthOptions)
  t.equal(app.googleAuth.flow.redirectUri, REDIRECT)
})

t.test('the error for a bad secrets file names the file and the problem, and quotes nothing', async (t) => {
  const folder = t.testdir({
    'no.json': '{"web": {"client_secret": "hush-hush"',
    'empty.json': '',
    'array.json': '[]',
    'field.json': JSON.stringify({ web: { ...WEB, client_secret: undefined } }),
    'kind.json': JSON.stringify({ service_account: WEB }),
    'account.json': JSON.stringify({ type: 'service_account', private_key: 'hush-hush' }),
    'good.json': JSON.stringify({ web: WEB }),
    'bom.json': `\ufeff${JSON.stringify({ web: WEB })}`
  })
  const base = without('clientId', 'clientSecret')
  const of = (name: string) => errorOf(t, { ...base, clientSecretsFile: join(folder, name) })
  const relative = await errorOf(t, { ...base, clientSecretsFile: './nowhere/client_secrets.json' })
  const whole = join(process.cwd(), 'nowhere/client_secrets.json')
  t.match(relative, { message: `The client secrets file ${whole} cannot be read (ENOENT).` }, 'by its whole path')
  for (const [name, code, text] of [
    ['missing.json', 'GOOGLE_AUTH_CLIENT_SECRETS', /missing\.json cannot be read/],
    ['', 'GOOGLE_AUTH_CLIENT_SECRETS', /cannot be read/],
    ['no.json', 'GOOGLE_AUTH_CLIENT_SECRETS', /no\.json is not JSON/],
    ['empty.json', 'GOOGLE_AUTH_CLIENT_SECRETS', /empty\.json is not JSON/],
    ['array.json', /GOOGLE_AUTH_CLIENT/, /array\.json/],
    ['field.json', 'GOOGLE_AUTH_CLIENT_SECRETS', /field\.json.*client_secret/],
    ['kind.json', 'GOOGLE_AUTH_CLIENT_KIND', /kind\.json/],
    ['account.json', 'GOOGLE_AUTH_CLIENT_KIND', /account\.json/]
  ] as const) {
    const error = await of(name)
    t.match(error, { code, message: text }, name)
    t.notMatch(`${error?.message} ${String(error?.cause)} ${JSON.stringify(error)}`, /hush-hush/)
  }
  t.equal(await of('good.json'), null)
})

t.test('a wrong secret, or no client: what is wrong with it', async (t) => {
  const cases: [options: object, message: RegExp][] = [
    [{ ...GOOD, secret: '' }, /; it is empty\./],
    [{ ...GOOD, secret: 'short-one' }, /; it has 9\./],
    [{ ...GOOD, secret: undefined }, /; it is not set\./],
    [{ ...GOOD, secret: 7 }, /; it is a number\./],
    [{ ...GOOD, secret: [] }, /; the list is empty\./],
    [{ ...GOOD, secret: [SECRET, 'short-one'] }, /; the one at place 2 has 9\./],
    [without('clientId', 'clientSecret'), /none is\./],
    [{ ...GOOD, clientSecrets: { web: WEB } }, /not clientSecrets and clientId with clientSecret\./]
  ]
  for (const [options, message] of cases) {
    const error = await errorOf(t, options)
    t.match(error, { message })
    t.notMatch(error?.message, /short-one/)
  }
})

t.test("the caller's objects are not written to", async (t) => {
  const google = await startGoogle(t)
  const frozen = <T extends object>(value: T): T => {
    for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) frozen(inner as object)
    return Object.freeze(value)
  }
  const options = frozen({
    clientSecrets: structuredClone(google.clientSecrets),
    scopes: ['email'],
    secret: [SECRET],
    session: { cookie: { maxAge: 1000_000 } },
    hostedDomain: ['example.com', '*'],
    apiOrigins: [google.apiOrigin],
    clockTolerance: 5
  })
  const { app, browser } = await startApp(t, google, { options })
  t.match(await browser().start(), google.issuer)
  t.notMatch(app.googleAuth.flow.scopes, ['email'], 'a copy')
  t.same(app.googleAuth.flow.scopes, ['openid', 'email'])
})

t.test('the memory store logs one warning', async (t) => {
  const google = await startGoogle(t)
  const { log } = await startApp(t, google)
  t.equal(log.filter((line) => /in memory/.test(line)).length, 1)
  const redis = await startRedisFor(t)
  const second = await startApp(t, google, { options: { redis: redis.url } })
  t.equal(second.log.filter((line) => /in memory/.test(line)).length, 0)
})

t.test(
  'an unreachable Redis: ready() rejects with a StorageError that names the address, before the time limit of Fastify',
  { timeout: 60_000 },
  async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    t.teardown(() => silent.close())
    const frozen = await startRedisFor(t)
    frozen.freeze()
    const locked = await startRedisFor(t)
    await locked.client().config('SET', 'requirepass', 'hush-hush')
    const address = silent.address()
    const urls = {
      'nobody listens': `redis://127.0.0.1:${await freePort()}`,
      'never answers': `redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
      frozen: frozen.url,
      'wants a password': locked.url,
      'got another password': `redis://:wrong-word@127.0.0.1:${locked.port}`,
      'no such host': 'redis://no-such-host.invalid:6379'
    }
    for (const [name, redis] of Object.entries(urls)) {
      const before = performance.now()
      const error = await errorOf(t, { ...GOOD, redis })
      // A refused connection may mean that Redis is starting. Any other trouble must be reported within two seconds.
      const limitMs = /nobody|no such/.test(name) ? 9_000 : 2_000
      t.ok(performance.now() - before < limitMs, `${name}: ${Math.round(performance.now() - before)} ms`)
      t.match(error, { code: 'GOOGLE_AUTH_STORAGE', statusCode: 503, message: new URL(redis).host }, name)
      t.notMatch(`${error?.stack} ${String(error?.cause)}`, /wrong-word|hush-hush/)
      const fix = /password/.test(name) ? /user and password into the option redis/ : /Start it, or correct/
      t.match(error, { message: fix }, name)
    }
  }
)

t.test('a Redis that starts late', async (t) => {
  for (const options of [{}, { enableOfflineQueue: false }]) {
    const port = await freePort()
    const url = `redis://127.0.0.1:${port}`
    const client = new Redis(url, options).on('error', () => undefined)
    t.teardown(() => client.disconnect())
    const coming = errorOf(t, { ...GOOD, redis: 'enableOfflineQueue' in options ? client : url })
    await sleep(1_000)
    await startRedisFor(t, { port })
    t.equal(await coming, null)
  }
})

t.test('registering twice is refused as a whole', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, GOOD)
  await t.rejects(async () => {
    await app.register(googleAuth, { ...GOOD, startPath: '/a' })
  })
})
