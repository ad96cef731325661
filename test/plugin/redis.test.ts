import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ADA, CALENDAR, demoRoutes, EVENTS_PATH, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { redisKeys } from '../../src/redis/keys.js'
import { Browser, type Reply } from '../support/jar.js'
import { commandsDuring, eventually } from '../support/redis.js'

t.test('commands per request', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser, signedIn } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = await signedIn()
  await ada.visit(google, '/events', ADA)
  await ada.fetch('/me')
  const during = (work: () => Promise<unknown>) => commandsDuring(redis, work)
  t.same(await during(() => ada.fetch('/me')), { get: 1 })
  t.same(await during(() => ada.navigate('/')), { get: 1 })
  t.same(await during(() => ada.fetch('/calendar')), { get: 1 })
  t.same(await during(() => ada.fetch('/events')), { get: 2 }, 'a call to Google reads the credentials')
  t.same(await during(() => ada.fetch('/nowhere')), { get: 1 })
  t.same(await during(() => ada.navigate('/auth/start')), { get: 1 })
  const nobody = browser()
  for (const path of ['/me', '/', '/nowhere', '/auth/start', '/auth/return?state=x', '/auth/start?return_to=//x'])
    t.same(await during(() => nobody.navigate(path)), {}, `without a session at ${path}`)
  t.same(await during(() => nobody.submit('/auth/revoke')), {})
  const forger = browser()
  forger.cookies.set(ada.sessionCookie!.name, { value: 'x'.repeat(40), attributes: {} })
  t.same(await during(() => forger.fetch('/me')), {}, 'a forged cookie costs nothing')
  const out = await during(() => browser().submit('/auth/signout'))
  t.comment('a sign-out of nobody', out)
  const sessions = await redis.client().keys('*:session:*')
  t.equal(
    sessions.length,
    (await Promise.all(sessions.map((key) => redis.client().pttl(key)))).filter((ttl) => ttl > 0).length
  )
})

t.test('calls at once of one client share the read of its credentials', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await startApp(t, google, {
    options: { redis: redis.url },
    routes(app) {
      demoRoutes(app, google)
      app.get('/ten', { onRequest: app.googleAuth.required({ scopes: [CALENDAR] }) }, async ({ googleClient }) => {
        const call = () => googleClient.request({ url: google.apiOrigin + EVENTS_PATH })
        const answers = await Promise.all(Array.from({ length: 10 }, call))
        await call()
        return answers.map(({ status }) => status)
      })
    }
  })
  const ada = await signedIn()
  await ada.visit(google, '/events', ADA)
  const commands = await commandsDuring(redis, async () => {
    t.same((await ada.fetch('/ten')).json(), Array(10).fill(200))
  })
  t.same(commands, { get: 3 }, 'the session, the ten calls, and the one after them')
})

t.test('keys have an end and name the user, and their values are sealed', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await startApp(t, google, { options: { redis: redis.url } })
  await signedIn()
  const client = redis.client()
  const keys = await client.keys('*')
  t.ok(
    keys.some((key) => key.includes(`{${ADA.sub}}`)),
    'an operator finds a user'
  )
  for (const key of keys) t.ok((await client.pttl(key)) > 0, `${key} has an end`)
})

const TROUBLE = { 'retry-after': /^\d+$/ }

t.test('Redis fails: 503, nobody is signed out, and it works again later', { timeout: 90_000 }, async (t) => {
  const google = await startGoogle(t)
  for (const handedIn of [false, true]) {
    const redis = await startRedisFor(t)
    const client = handedIn ? redis.client() : undefined
    const { browser, signedIn, app, log } = await startApp(t, google, {
      options: { redis: client ?? redis.url },
      routes(app, google) {
        demoRoutes(app, google)
        app.get('/write', { onRequest: app.googleAuth.required() }, (request) => {
          request.session.cart = [String(Date.now())]
          return 'written'
        })
      }
    })
    const ada = await signedIn()
    await ada.visit(google, '/events', ADA)
    const stranger = browser()
    const returned = await google.approve(await stranger.start('?return_to=/me'), ADA)
    const before = ada.session

    const inTime = async (what: string, ask: () => Promise<Reply>): Promise<Reply> => {
      const from = performance.now()
      const reply = await ask()
      const ms = Math.round(performance.now() - from)
      t.ok(ms < 2_000, `${what}: ${ms} ms`)
      return reply
    }
    const checkTrouble = async (kind: string): Promise<void> => {
      const asks: [string, () => Promise<Reply>][] = [
        ['fetch', () => ada.fetch('/me')],
        ['navigation', () => ada.navigate('/me')],
        ['start, signed in', () => ada.navigate('/auth/start')],
        ['sign-out', () => ada.submit('/auth/signout')],
        ['revoke', () => ada.fetch('/auth/revoke', { method: 'POST' })]
      ]
      const replies = await Promise.all(asks.map(([what, ask]) => inTime(`${kind}, ${what}`, ask)))
      replies.forEach((reply, index) => {
        const what = `${kind}, ${asks[index]?.[0]}`
        t.equal(reply.status, 503, what)
        t.match(reply.headers, TROUBLE, what)
        t.notMatch(reply.text, /ECONN|ioredis|Redis|timed out|\bat .*\.[jt]s|MaxRetries|stack/, what)
        t.equal(reply.location, '', 'no redirect')
      })
      t.equal(ada.session, before, 'the cookie stays')
      const page = await inTime(`${kind}, a stranger`, () => browser().navigate('/me'))
      t.equal(page.status, 302, 'a request without a session needs no Redis')
    }

    redis.freeze()
    await checkTrouble('frozen')
    const failed = await stranger.copy().navigate(returned.slice(stranger.origin.length))
    t.equal(failed.status, 503, 'a return')
    t.notOk(
      failed.setCookies.some((line) => /session=[^;]/.test(line)),
      'signs nobody in'
    )
    redis.thaw()
    await eventually(async () => (await ada.fetch('/me')).status === 200)
    t.equal(ada.session, before, 'signed in as before')
    t.equal((await ada.fetch('/events')).status, 200)
    const fresh = browser()
    t.equal((await fresh.visit(google, '/me', ADA)).status, 200)
    t.notOk(log.some((line) => /unhandled/i.test(line)))

    // Full: records can be read, none can be written.
    const admin = redis.client()
    await admin.config('SET', 'maxmemory', '1')
    t.equal((await ada.fetch('/me')).status, 200, 'full: reading goes on')
    const write = await ada.fetch('/write')
    t.equal(write.status, 503, 'full: a write')
    t.match(write.headers, TROUBLE)
    t.notMatch(write.text, /OOM|maxmemory/)
    const refused = await browser().visit(google, '/auth/start', ADA)
    t.equal(refused.status, 503, 'full: a sign-in')
    await admin.config('SET', 'maxmemory', '0')
    t.equal((await ada.fetch('/write')).status, 200)

    await app.close()
    if (client) {
      t.equal(await client.ping(), 'PONG', 'the client of the app is not closed')
      client.disconnect()
    } else {
      const clients = String(await admin.client('LIST'))
      t.equal(clients.trim().split('\n').length, 1, 'the clients of the plugin are closed')
    }
  }
})

t.test('the log names a Redis that is lost, once, and says when it is back', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser, log } = await startApp(t, google, { options: { redis: redis.url } })
  const lines = (event: string): string[] => log.filter((line) => line.includes(`google-auth.${event}`))
  await redis.kill()
  await eventually(() => lines('redis-lost').length > 0)
  await browser().visit(google, '/auth/start', ADA)
  t.match(lines('redis-lost'), [
    new RegExp(`Redis at 127.0.0.1:${redis.port} cannot be reached \\(ECONNRE(FUSED|SET)\\)`)
  ])
  t.ok(log.some((line) => line.includes('Reached the max retries per request limit')))
  await redis.restart()
  await eventually(() => lines('redis-back').length > 0)
  t.equal(lines('redis-lost').length, 1)
})

t.test('after a restart without data, users are signed out and can sign in again', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { signedIn } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = await signedIn()
  await redis.client().flushall()
  t.equal((await ada.fetch('/me')).status, 401)
  t.equal((await ada.visit(google, '/me', ADA)).status, 200)
  await redis.client().script('FLUSH')
  t.equal((await ada.visit(google, '/events', ADA)).status, 200, 'scripts are loaded again')
  for (const key of await redis.client().keys('*:session:*')) await redis.client().set(key, '{broken')
  t.equal((await ada.fetch('/me')).status, 401, 'a session that does not open signs nobody in')
  t.equal((await ada.visit(google, '/me', ADA)).status, 200)
})

t.test('a sign-in fails when its session cannot be added to the index', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = browser()
  await ada.visit(google, '/auth/start', ADA)
  await ada.submit('/auth/signout')
  const client = redis.client()
  const keys = redisKeys([google.issuer, google.clientSecrets.web.client_id])
  await client.set(keys.signIns(ADA.sub).index, 'not an index')
  const page = await ada.visit(google, '/auth/start', ADA)
  t.equal(page.status, 503)
  t.equal(ada.session, undefined)
  t.equal((await ada.fetch('/me')).status, 401)
})

t.test('two apps on one Redis share sessions', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const one = await startApp(t, google, { options: { redis: redis.url } })
  const redirectUri = `${one.origin}/auth/return`
  const other = await startApp(t, google, { options: { redis: redis.url, redirectUri } })
  const ada = await one.signedIn()
  const there = new Browser(one.origin, other.port)
  for (const [name, cookie] of ada.cookies) there.cookies.set(name, cookie)
  t.equal((await there.fetch('/me')).json().sub, ADA.sub)
  await other.app.googleAuth.signOutEverywhere(ADA.sub)
  t.equal((await ada.fetch('/me')).status, 401)
})

t.test('a process ends after it closed its app', async (t) => {
  const redis = await startRedisFor(t)
  const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
  const options = {
    clientId: 'a',
    clientSecret: 'b',
    redirectUri: 'https://a.example/auth/return',
    secret: 'x'.repeat(40)
  }
  const code = `
    import Fastify from 'fastify'
    import { googleAuth } from ${JSON.stringify(entry)}
    const app = Fastify()
    await app.register(googleAuth, ${JSON.stringify({ ...options, redis: redis.url })})
    await app.inject('/auth/start')
    if (process.argv.includes('close')) await app.close()
    process.stdout.write('done')
  `
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code, 'close'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  clearTimeout(killer)
  t.equal(exitCode, 0, said)
})
