/** docs/deployment.md: the rights that a user of Redis needs. Each line there is run as it stands, and nothing may be refused. */
import { readdirSync, readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { GoogleAuthOptions } from '../../src/index.js'
import { ADA, GRACE, startGoogle, startRedisFor } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'
import { eventually, type RedisServer } from '../support/redis.js'
import { riscOptions, startRiscApp } from '../support/risc.js'

const page = readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8')
const [basic = '', ofCache = '', ofReplicas = ''] = [...page.matchAll(/^ACL SETUSER .*$/gm)].map(([line]) => line)

interface Setup {
  /** Options of the app, beside `redis`. */
  options: Partial<GoogleAuthOptions>
  admin: Redis
  redis: RedisServer
}

async function withRights(t: Test, lines: string[]): Promise<Setup> {
  const redis = await startRedisFor(t)
  const admin = redis.client()
  for (const line of lines) {
    const [command = '', ...args] = line.split(' ')
    await admin.call(command, args)
  }
  const url = redis.url.replace('//', '//app:PASSWORD@')
  return { options: { redis: url }, admin, redis }
}

/** What was refused, such as `command zadd`. */
async function refusals(admin: Redis): Promise<string[]> {
  const entries = (await admin.call('ACL', 'LOG')) as unknown[][]
  const refused = entries.map(
    (entry) => `${String(entry[entry.indexOf('reason') + 1])} ${String(entry[entry.indexOf('object') + 1])}`
  )
  // The page names it for newer servers: the one of these tests may not know the command.
  return refused.filter((entry) => entry !== 'command client|setinfo')
}

/** Signs in, calls, refreshes, connects, lists, signs out and disconnects, in both modes. */
async function useAll(t: Test, options: Partial<GoogleAuthOptions>): Promise<void> {
  const google = await startGoogle(t)
  const { app, browser, signedIn } = await startRiscApp(t, google, {
    ...options,
    oneTap: true,
    scopes: ['openid', 'email', 'profile']
  })
  const ada = await signedIn()
  t.equal((await ada.visit(google, '/events', ADA)).status, 200)
  google.expireAccessTokens()
  t.equal((await ada.fetch('/events')).status, 200, 'a refresh')
  await ada.visit(google, '/auth/start?connect=1', GRACE)
  t.equal((await app.googleAuth.accounts(ADA.sub)).length, 2)
  const double = browser()
  const back = await google.approve(await double.start(), ADA)
  const sent = [1, 2].map(() => double.navigate(back.slice(double.origin.length)))
  t.strictSame(
    (await Promise.all(sent)).map(({ status }) => status),
    [302, 302],
    'a double click'
  )
  const json = { 'content-type': 'application/json' }
  const body = JSON.stringify({ credential: await google.credential(GRACE.sub) })
  const grace = browser()
  const posted = await grace.fetch('/auth/credential', {
    method: 'POST',
    headers: { ...json, origin: grace.origin },
    body
  })
  t.equal(posted.status, 200)
  const listed = []
  for await (const { owner } of app.googleAuth.grants()) listed.push(owner)
  t.equal(listed.length, 2)
  t.match(await app.googleAuth.refreshIdle({ idleDays: 0 }), { failed: 0 })
  t.match(await app.googleAuth.status(ADA.sub), { state: 'active' })
  t.equal((await google.risc.send('token-revoked', { sub: GRACE.sub })).status, 202)
  t.equal((await google.risc.send('sessions-revoked', { sub: GRACE.sub })).status, 202)
  t.equal((await ada.fetch('/auth/signout', { method: 'POST', headers: { origin: ada.origin } })).status, 204)
  await app.googleAuth.signOutEverywhere(ADA.sub)
  t.equal((await double.fetch('/me')).status, 401)
  // A disconnect during a refresh marks its lease.
  const client = app.googleAuth.clientFor(ADA.sub)
  const token = await client.token()
  google.failNext('token', { delayMs: 300 })
  const before = google.count('token')
  const late = client.token(token).catch(() => null)
  await eventually(() => google.count('token') > before)
  t.match(await app.googleAuth.revoke(ADA.sub), { revokedAtGoogle: true })
  await late
}

async function connectAll(t: Test, options: Partial<GoogleAuthOptions>): Promise<void> {
  const google = await startGoogle(t)
  const { app, of, connect } = await startConnectApp(t, google, riscOptions(options).options)
  for (const account of [ADA, GRACE]) await connect(of('ann'), account)
  await connect(of('ben'), ADA)
  await app.googleAuth.makeDefault('ann', GRACE.sub)
  t.same((await of('ann').fetch('/events')).json(), { status: 200, account: GRACE.sub })
  for (const owner of ['ann', 'ben']) await app.googleAuth.revoke(owner)
  t.same(await app.googleAuth.accounts('ann'), [])
}

/** What scripts of src/redis/scripts call. */
function commandsOfScripts(): string[] {
  const folder = new URL('../../src/redis/scripts/', import.meta.url)
  const texts = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
  return [...texts.join('').matchAll(/redis\.p?call\('([A-Z]+)'/g)].map(([, name = '']) => name.toLowerCase())
}

t.test('the first line allows what scripts and clients send, and nothing else', async (t) => {
  const ofClients = ['get', 'mget', 'set', 'eval', 'evalsha', 'scan', 'info', 'ping', 'exists']
  const allowed = [...basic.matchAll(/\+(\S+)/g)].map(([, name]) => name)
  t.same(allowed.sort(), [...new Set([...ofClients, ...commandsOfScripts()])].sort())
})

const cases: [string, string[], Partial<GoogleAuthOptions>][] = [
  ['the first line', [basic], {}],
  ['with cache', [basic, ofCache], { cache: true }]
]
for (const [name, lines, more] of cases) {
  t.test(name, async (t) => {
    const { options, admin } = await withRights(t, lines)
    await useAll(t, { ...options, ...more })
    await connectAll(t, { ...options, ...more })
    t.same(await refusals(admin), [])
  })
}

t.test('with redisReplicas', async (t) => {
  const { options, admin, redis } = await withRights(t, [basic, ofReplicas])
  await startRedisFor(t, { args: ['--replicaof', '127.0.0.1', String(redis.port), '--repl-diskless-sync-delay', '0'] })
  await eventually(async () => (await admin.info('replication')).includes('state=online'))
  await useAll(t, { ...options, redisReplicas: 1 })
  t.same(await refusals(admin), [])
})
