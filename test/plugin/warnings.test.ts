/** Warnings: each once, with its code and its fix. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { googleAuth, type GoogleAuthOptions } from '../../src/index.js'
import { ADA, GRACE, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'
import { eventually } from '../support/redis.js'

const GOOD = 'kV3+Zq8nX1hT5wYb0mJr7LcPf2UdGs9eAoQiRtNyWxEz'

/** The codes of the warnings in a log. */
function codesIn(log: readonly string[]): string[] {
  const lines = log.map((line) => JSON.parse(line) as { level: number; code?: string; msg: string })
  const warnings = lines.filter(({ level, code }) => level === 40 && code?.startsWith('GOOGLE_AUTH_WARN_'))
  return warnings.map(({ code }) => String(code).slice('GOOGLE_AUTH_WARN_'.length)).sort()
}

/** An app that is registered and not started, and its log. */
async function registered(t: Test, options: Partial<GoogleAuthOptions>, on?: FastifyInstance): Promise<string[]> {
  const log: string[] = []
  const app = on ?? Fastify({ logger: { stream: { write: (line: string) => void log.push(line) } } })
  t.teardown(() => app.close())
  await app.register(googleAuth, {
    clientId: 'client',
    clientSecret: 'client-secret',
    redirectUri: 'https://app.example.com/auth/return',
    secret: GOOD,
    ...options
  })
  await app.ready()
  return log
}

t.test('at start', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const waits = new Redis(redis.url, { maxRetriesPerRequest: null })
  t.teardown(() => waits.disconnect())
  const cases: [name: string, options: Partial<GoogleAuthOptions>, codes: string[]][] = [
    ['all is well', { redis: redis.url }, []],
    ['memory', {}, ['MEMORY']],
    ['a guessable secret', { redis: redis.url, secret: 'my-secret-my-secret-my-secret-my-secret' }, ['WEAK_SECRET']],
    ['few characters', { redis: redis.url, secret: 'abababababababababababababababababab' }, ['WEAK_SECRET']],
    ['one of several', { redis: redis.url, secret: [GOOD, 'change-me-change-me-change-me-please'] }, ['WEAK_SECRET']],
    ['a domain that is not set', { redis: redis.url, hostedDomain: undefined } as object, ['NO_DOMAIN']],
    ['a client that waits', { redis: waits }, ['REDIS_WAITS']],
    [
      'a redirect URI that Google does not know',
      { redis: redis.url, clientId: undefined, clientSecret: undefined, clientSecrets: google.clientSecrets } as never,
      ['REDIRECT_NOT_REGISTERED']
    ]
  ]
  for (const [name, options, codes] of cases) {
    const log = await registered(t, options)
    t.same(codesIn(log), codes, name)
  }
})

t.test('in production', async (t) => {
  const before = process.env['NODE_ENV']
  t.teardown(() => {
    if (before === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = before
  })
  const redis = await startRedisFor(t)
  const options = { redis: redis.url, redirectUri: 'http://localhost:3000/auth/return' }
  t.same(codesIn(await registered(t, options)), [])
  process.env['NODE_ENV'] = 'production'
  t.same(codesIn(await registered(t, options)), ['LOOPBACK_REDIRECT'])
})

t.test('a Redis that removes keys', async (t) => {
  for (const [policy, codes] of [
    ['allkeys-lru', ['REDIS_EVICTS']],
    ['volatile-ttl', ['REDIS_EVICTS']],
    ['noeviction', []]
  ] as const) {
    const redis = await startRedisFor(t, { args: ['--maxmemory', '50mb', '--maxmemory-policy', policy] })
    const log = await registered(t, { redis: redis.url })
    if (codes.length > 0) await eventually(() => codesIn(log).length > 0)
    t.same(codesIn(log), codes, policy)
  }
})

t.test('two registrations with one session cookie', async (t) => {
  const log: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void log.push(line) } } })
  t.teardown(() => app.close())
  for (const prefix of ['/a', '/b']) {
    await app.register(async (scope) => {
      await scope.register(googleAuth, {
        clientId: `client ${prefix}`,
        clientSecret: 'client-secret',
        redirectUri: `https://app.example.com${prefix}/return`,
        returnPath: `${prefix}/return`,
        startPath: `${prefix}/start`,
        signOutPath: `${prefix}/out`,
        revokePath: `${prefix}/revoke`,
        secret: GOOD,
        session: { cookieName: 'sid' }
      })
    })
  }
  await app.ready()
  t.same(codesIn(log), ['COOKIE_NAME', 'MEMORY', 'MEMORY'])
})

t.test('in requests', async (t) => {
  const google = await startGoogle(t)
  const { browser, log, signedIn } = await startApp(t, google, { options: { secret: GOOD } })
  const told = (): string[] => codesIn(log)
  t.same(told(), ['MEMORY'])
  for (let round = 0; round < 2; round++)
    await browser().fetch('/auth/start', { headers: { 'x-forwarded-proto': 'https' } })
  t.same(told(), ['MEMORY', 'TRUST_PROXY'], 'once')

  const forgetful = browser()
  for (let round = 0; round < 2; round++) {
    await forgetful.visit(google, '/auth/start?return_to=/', ADA)
    t.notOk(told().includes('SESSION_NOT_SAVED') && round === 0)
    for (const name of forgetful.cookieNames('session')) forgetful.cookies.delete(name)
  }
  t.ok(told().includes('SESSION_NOT_SAVED'))

  google.skewClock(-240_000)
  const end = google.tamper({
    idToken: (claims) => void Object.assign(claims, { iat: Date.now() / 1000, exp: Date.now() / 1000 + 60 })
  })
  await signedIn(GRACE)
  end()
  google.skewClock(0)
  t.ok(told().includes('CLOCK'))
  t.match(
    log.find((line) => line.includes('WARN_CLOCK')),
    /"googleIsAheadByS":-2\d\d/
  )
})

t.test('a grant of an app in testing', async (t) => {
  const google = await startGoogle(t)
  google.tamper({ tokenResponse: (body) => void Object.assign(body, { refresh_token_expires_in: 604_799 }) })
  const { signedIn, log } = await startApp(t, google, { options: { secret: GOOD } })
  await signedIn()
  t.same(codesIn(log), ['MEMORY', 'SEVEN_DAYS'])
  const connect = await startConnectApp(t, google, { secret: GOOD })
  await connect.connect(connect.of('u1'), ADA)
  t.same(codesIn(connect.log), ['MEMORY', 'SEVEN_DAYS'])
})

t.test('sessions of the app that write on every request', async (t) => {
  const google = await startGoogle(t)
  for (const [options, codes] of [
    [{}, ['MEMORY', 'SESSION_WRITES']],
    [{ rolling: true, saveUninitialized: false }, ['MEMORY', 'SESSION_WRITES']],
    [{ rolling: false, saveUninitialized: false }, ['MEMORY']]
  ] as const) {
    const { browser, log } = await startApp(t, google, {
      options: { secret: GOOD },
      async before(app) {
        await app.register(cookie)
        await app.register(session, { secret: GOOD, cookie: { secure: false }, ...options })
      }
    })
    const ada = browser()
    await ada.visit(google, '/auth/start', ADA)
    for (let round = 0; round < 3; round++) await ada.fetch('/me')
    t.same(codesIn(log), codes, JSON.stringify(options))
  }
})

t.test('a proxy that Fastify trusts is no trouble', async (t) => {
  const log: string[] = []
  const app = Fastify({ trustProxy: true, logger: { stream: { write: (line: string) => void log.push(line) } } })
  await registered(t, {}, app)
  await app.inject({ url: '/auth/start?return_to=//x', headers: { 'x-forwarded-proto': 'https' } })
  t.same(codesIn(log), ['MEMORY'])
})
