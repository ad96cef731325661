/** Security events in a fleet, with Redis in trouble, and with grants that are being changed. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { StorageError } from '../../../src/core/errors/storage.js'
import { memoryStorage } from '../../../src/core/storage/memory.js'
import type { Storage } from '../../../src/core/storage/storage.js'
import { ADA, GRACE, optionsFor, startGoogle, startRedisFor } from '../../support/app.js'
import { eventually } from '../../support/redis.js'
import { startRiscApp, startRiscConnectApp, statusOf } from '../../support/risc.js'

const MEMBER = fileURLToPath(new URL('../../support/risc-member.js', import.meta.url))
const google = await startGoogle(t)

/** A process with the built plugin: where it listens, and what its hook was told. */
async function startMember(t: Test, redis: string): Promise<{ url: string; told: unknown[] }> {
  const redirectUri = 'http://127.0.0.1:3000/auth/return'
  const options = { ...optionsFor(google, redirectUri), redis, risc: true }
  const child = fork(MEMBER, {
    env: { ...process.env, OPTIONS: JSON.stringify(options) },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const told: unknown[] = []
  child.on('message', (message: { told?: unknown }) => {
    if (message.told) told.push(message.told)
  })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { url: `http://127.0.0.1:${port}/auth/risc`, told }
}

const post = async (url: string, body: string): Promise<number> => (await fetch(url, { method: 'POST', body })).status

t.test('one event at two processes, at the same time and again: told once', async (t) => {
  const redis = await startRedisFor(t)
  const members = await Promise.all([startMember(t, redis.url), startMember(t, redis.url)])
  const [one, other] = members
  const { jwt } = await google.risc.sign('account-enabled', { sub: ADA.sub })
  const together = [one, other, one, other].map(({ url }) => post(url, jwt))
  t.same(await Promise.all(together), [202, 202, 202, 202])
  t.equal(await post(other.url, jwt), 202)
  await eventually(() => one.told.length + other.told.length > 0)
  const { jwt: next } = await google.risc.sign('verification', { state: 'last' })
  await post(one.url, next)
  await eventually(() => one.told.some((event) => (event as { state?: string }).state === 'last'))
  t.equal(one.told.length + other.told.length, 2)
})

t.test('with Redis silent: 503, and the same event sent again is done', async (t) => {
  const redis = await startRedisFor(t)
  const { app, signedIn, told } = await startRiscApp(t, google, { redis: redis.url })
  const ada = await signedIn(ADA)
  await google.risc.send('verification')
  redis.freeze()
  const sent = await google.risc.send('tokens-revoked', { sub: ADA.sub })
  redis.thaw()
  t.match(sent, { status: 503, body: '' })
  t.equal(told.events.length, 1)
  const again = await google.risc.send('tokens-revoked', { sub: ADA.sub, jti: sent.jti })
  t.equal(again.status, 202)
  t.equal(await statusOf(ada), 401)
  t.match(await app.googleAuth.status(ADA.sub), { state: 'lost' })
  t.equal(told.lost.length, 1)
  t.equal(told.events.length, 2)
})

t.test(
  'when one of several grants cannot be stored, the others are lost, and the event sent again ends it too',
  async (t) => {
    const redis = await startRedisFor(t)
    const records = memoryStorage()
    let isBroken = false
    const storage = (owner: string, account: string): Storage => {
      const slot = records(owner, account)
      return {
        get: () => slot.get(),
        put: (token) => slot.put(token),
        delete: () => slot.delete(),
        update: (change, options) =>
          owner === 'bob' && isBroken ? Promise.reject(new StorageError()) : slot.update(change, options)
      }
    }
    const { app, of, connect, told } = await startRiscConnectApp(t, google, { redis: redis.url, storage })
    for (const owner of ['bob', 'ann']) await connect(of(owner), ADA)
    isBroken = true
    const sent = await google.risc.send('tokens-revoked', { sub: ADA.sub })
    t.equal(sent.status, 503)
    t.match(await app.googleAuth.status('ann'), { state: 'lost' })
    t.same(told.events, [])
    isBroken = false
    t.equal((await google.risc.send('tokens-revoked', { sub: ADA.sub, jti: sent.jti })).status, 202)
    t.match(await app.googleAuth.status('bob'), { state: 'lost' })
    t.equal(told.lost.length, 2, 'each is told once')
    t.equal(told.events.length, 1)
    t.same([...told.events[0]!.owners].sort(), ['ann', 'bob'])
  }
)

t.test('an error of a storage of the app: 503, and it is logged as an error', async (t) => {
  const records = memoryStorage()
  const { log, signedIn } = await startRiscApp(t, google, {
    storage: (owner, account) => {
      const slot = records(owner, account)
      const update: Storage['update'] = (change, options) =>
        options?.wait === false ? Promise.reject(new Error('the database is away')) : slot.update(change, options)
      return { get: () => slot.get(), put: (token) => slot.put(token), delete: () => slot.delete(), update }
    }
  })
  await signedIn(ADA)
  t.equal((await google.risc.send('tokens-revoked', { sub: ADA.sub })).status, 503)
  const lines = log.map((line) => JSON.parse(line) as { level: number; msg: string })
  t.equal(lines.find(({ msg }) => msg.includes('Google sends it again'))?.level, 50)
})

t.test('a grant that another caller changes is waited for, up to a limit', async (t) => {
  for (const redis of [undefined, (await startRedisFor(t)).url]) {
    const { app, signedIn } = await startRiscApp(t, google, redis === undefined ? {} : { redis })
    await signedIn(ADA)
    const storage = app.googleAuth.storageFor(ADA.sub)
    let release = (): void => undefined
    const isFree = new Promise<void>((resolve) => (release = resolve))
    const busy = storage.update(async (current) => {
      await isFree
      return current
    })
    const { jti, status } = await google.risc.send('tokens-revoked', { sub: ADA.sub })
    t.equal(status, 503)
    t.match(await app.googleAuth.status(ADA.sub), { state: 'active' })
    const waiting = google.risc.send('tokens-revoked', { sub: ADA.sub, jti })
    await sleep(200)
    release()
    await busy
    t.equal((await waiting).status, 202)
    t.match(await app.googleAuth.status(ADA.sub), { state: 'lost' })
  }
})

t.test('a grant that is stored anew while it is marked is marked as well', async (t) => {
  const { app, signedIn, told } = await startRiscApp(t, google, {
    storage: (owner, account) => {
      const slot = records(owner, account)
      return {
        get: () => slot.get(),
        put: (token) => slot.put(token),
        delete: () => slot.delete(),
        update: (change, options) =>
          slot.update(async (current) => {
            const next = await change(current)
            if (next?.lost !== undefined && puts++ === 0) await slot.put(current!.with({ accessToken: 'ya29.fresh' }))
            return next
          }, options)
      }
    }
  })
  const records = memoryStorage()
  let puts = 0
  await signedIn(GRACE)
  t.equal((await google.risc.send('tokens-revoked', { sub: GRACE.sub })).status, 202)
  t.equal(puts, 2)
  t.match(await app.googleAuth.status(GRACE.sub), { state: 'lost' })
  t.equal(told.lost.length, 1)
})

t.test('a record that does not open is no grant that could be lost', async (t) => {
  const redis = await startRedisFor(t)
  const { signedIn } = await startRiscApp(t, google, { redis: redis.url })
  await signedIn(ADA)
  const other = await startRiscApp(t, google, {
    redis: redis.url,
    secret: 'another secret, of more than 32 characters'
  })
  t.equal((await google.risc.send('tokens-revoked', { sub: ADA.sub })).status, 202)
  t.same(other.told.lost, [])
})
