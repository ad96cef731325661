import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Storage } from '../../src/core/storage/storage.js'
import { Token } from '../../src/core/token/token.js'
import { RECORD_LIFE_MS } from '../../src/grants/grants.js'
import { GENERATION_LENGTH, WRITE } from '../../src/redis/scripts/slot.js'
import { redisKeys } from '../../src/redis/keys.js'
import { clientNames, userStorages, type UserStoragesOptions } from '../support/user-storages.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { COMMAND_LIMIT_MS } from '../../src/redis/time-limit.js'
import { eventually, freePort, startRedis } from '../support/redis.js'
import { started, storageContract, token } from '../support/storage-contract.js'

const SECRET = 'secret-of-at-least-32-characters-01'
const server = await startRedis()
t.teardown(() => server.stop())
const redis = server.client()

const open = (options: Partial<UserStoragesOptions> = {}): ((userId: string) => Storage) =>
  userStorages({
    redis: server.client(),
    sealer: createSealer([SECRET])(PURPOSE.credentials),
    clientId: 'client-1',
    ...options
  })
const one = open()
const other = open()

const UNREADABLE = { code: 'GOOGLE_AUTH_GRANT_LOST', reason: 'unreadable' } as { code: string }

const keys = redisKeys(clientNames('client-1'))
const record = (user: string): string => keys.grant({ owner: user, account: user }).record
const lease = (user: string): string => keys.grant({ owner: user, account: user }).lease

t.test('contract, with two factories on one Redis', async (t) => {
  storageContract(t, () => {
    const user = randomBytes(8).toString('hex')
    return { one: one(user), other: other(user) }
  })
})

t.test('contract, with enableAutoPipelining and a keyPrefix', async (t) => {
  const prefixed = open({ redis: server.client({ enableAutoPipelining: true, keyPrefix: 'app:' }) })
  const second = open({ redis: server.client({ enableAutoPipelining: true, keyPrefix: 'app:' }) })
  storageContract(t, () => {
    const user = randomBytes(8).toString('hex')
    return { one: prefixed(user), other: second(user) }
  })
})

t.test('keys', async (t) => {
  await redis.flushall()
  await one('1{2}%3').put(token('a'))
  const [key = '', ...others] = await redis.keys('*')
  t.match(key, /^google-auth:[\w-]{6}:\{1%7B2%7D%253\}:grant:1%7B2%7D%253$/)
  t.same(others, [])
  await open({ clientId: 'client-2' })('1{2}%3').put(token('b'))
  t.equal((await one('1{2}%3').get())?.accessToken, 'a', 'another client has other keys')
  for (const wrong of ['', 'x'.repeat(256), '\ud800', 7 as unknown as string]) {
    t.throws(() => one(wrong), TypeError)
  }
})

t.test('no secret is in Redis as clear text, and every key has an end', async (t) => {
  await redis.flushall()
  const secret = Token.from({ accessToken: 'ya29.AAA', refreshToken: '1//BBB', scopes: ['CCC'], idToken: 'eyJ.DDD' })
  await one('ann').put(secret)
  const { running, finish } = await started(one('ann'), secret)
  const found: string[] = []
  for (const key of await redis.keys('*')) {
    const bytes = (await redis.getBuffer(key)) ?? Buffer.alloc(0)
    found.push(bytes.toString('latin1'), Buffer.from(bytes.toString('latin1'), 'base64').toString('latin1'))
    const life = await redis.pttl(key)
    t.ok(life > 0 && life <= RECORD_LIFE_MS, key)
  }
  for (const part of ['ya29', 'AAA', '1//', 'BBB', 'CCC', 'eyJ', 'DDD', 'access', SECRET]) {
    t.notOk(
      found.some((text) => text.includes(part)),
      part
    )
  }
  finish()
  await running
  t.ok((await redis.pttl(record('ann'))) > RECORD_LIFE_MS - 60_000, 'a write renews the end')
  t.equal(await redis.exists(lease('ann')), 0)
})

t.test('the generation is random', async (t) => {
  const seen = new Set<string>()
  for (let i = 0; i < 50; i++) {
    await one('gen').put(token('same'))
    seen.add((await redis.getBuffer(record('gen')))!.toString('latin1', 0, GENERATION_LENGTH))
  }
  t.equal(seen.size, 50)
})

t.test('the number of commands', async (t) => {
  await one('cost').put(token('a'))
  await redis.config('RESETSTAT')
  t.ok(await one('cost').get())
  t.same(await calls(), { get: 1 }, 'a read is one GET')
  await one('cost').update(() => token('b'))
  t.equal((await calls()).evalsha, 2, 'an update is two scripts')
})

async function calls(): Promise<Record<string, number>> {
  const stats = await redis.info('commandstats')
  const found = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, count]) => [name, Number(count)])
  return Object.fromEntries(found.filter(([name]) => !/^(config|info|client)/.test(String(name)))) as Record<
    string,
    number
  >
}

t.test('a sign-in or a deletion that arrives after its time limit is refused', async (t) => {
  await one('fence').put(token('before'))
  const slow = server.client() as typeof redis & { evalshaBuffer: (...args: unknown[]) => Promise<unknown> }
  const storage = open({ redis: slow })('fence')
  const run = slow.evalshaBuffer.bind(slow)
  const sent: Promise<unknown>[] = []
  slow.evalshaBuffer = (sha, ...args) => {
    if (sha !== WRITE.sha) return run(sha, ...args)
    // Like a client that is not connected, and sends the command when it is.
    const late = sleep(COMMAND_LIMIT_MS + 50).then(() => run(sha, ...args))
    sent.push(late)
    return late
  }
  await t.rejects(storage.put(token('late')), { code: 'GOOGLE_AUTH_STORAGE' })
  await t.rejects(storage.delete(), { code: 'GOOGLE_AUTH_STORAGE' })
  const empty = open({ redis: slow })('fence of nothing')
  await t.rejects(
    empty.update(() => token('late')),
    { code: 'GOOGLE_AUTH_STORAGE' }
  )
  t.equal(sent.length, 3)
  for (const answer of await Promise.all(sent)) t.match(answer, [0])
  t.equal((await one('fence').get())?.accessToken, 'before')
  t.equal(await empty.get(), null)
})

t.test('a write that is sent twice after a lost connection happens once', async (t) => {
  const twice = server.client() as typeof redis & { evalshaBuffer: (...args: unknown[]) => Promise<unknown> }
  const storage = open({ redis: twice })('twice')
  const run = twice.evalshaBuffer.bind(twice)
  twice.evalshaBuffer = async (...args) => {
    await run(...args)
    return run(...args)
  }
  await storage.put(token('a'))
  t.equal((await storage.update(() => token('b')))?.accessToken, 'b')
  t.equal((await one('twice').get())?.accessToken, 'b')
  await storage.delete()
  t.equal(await one('twice').get(), null)
  t.equal((await storage.update(() => token('c')))?.accessToken, 'c')
  t.equal(await storage.update(() => null), null)
  t.equal(await redis.exists(lease('twice')), 0)
})

t.test('a script that Redis has lost is sent again', async (t) => {
  await redis.script('FLUSH')
  await one('flushed').put(token('a'))
  await redis.script('FLUSH')
  t.equal((await one('flushed').update(() => token('b')))?.accessToken, 'b')
})

t.test('a lost lease: the result is not stored', async (t) => {
  for (const [name, lose] of [
    ['deleted', () => redis.del(lease('lost'))],
    ['taken by another', () => redis.set(lease('lost'), 'somebody else')]
  ] as const) {
    await redis.del(lease('lost'))
    await one('lost').put(token('old'))
    const { running, finish } = await started(one('lost'), token('new'))
    await lose()
    finish()
    t.equal((await running)?.accessToken, 'old', name)
    t.equal((await other('lost').get())?.accessToken, 'old', name)
  }
  t.equal(await redis.get(lease('lost')), 'somebody else', 'the lease of another caller stays')
})

t.test('a lease that ended: the next process takes over, and the late result is refused', async (t) => {
  const slow = open({ leaseMs: 80 })
  await slow('late').put(token('old'))
  const { running, finish } = await started(slow('late'), token('late'))
  const takenOver = other('late').update((current) => token(`${current?.accessToken}, refreshed by the next`))
  t.equal((await takenOver)?.accessToken, 'old, refreshed by the next')
  finish()
  t.equal((await running)?.accessToken, 'old, refreshed by the next')
  t.equal((await one('late').get())?.accessToken, 'old, refreshed by the next')
})

t.test('a waiter stops after a time limit', async (t) => {
  const { running, finish } = await started(one('long'), token('a'))
  await t.rejects(
    open({ waitMs: 100 })('long').update(() => token('b')),
    { code: 'GOOGLE_AUTH_STORAGE' }
  )
  finish()
  await running
})

t.test('a waiter gets a stored result soon, without taking the lease', async (t) => {
  await one('wake').put(token('old'))
  const { running, finish } = await started(one('wake'), token('new'))
  const isNew = (current: Token | null): boolean => current?.accessToken === 'new'
  const waiting = other('wake').update(() => t.fail('must not run') as never, { until: isNew })
  await sleep(120)
  await redis.config('RESETSTAT')
  const at = performance.now()
  finish()
  await running
  await waiting
  t.ok(performance.now() - at < 500, `${performance.now() - at} ms`)
})

t.test('one poller per process and slot, for any number of waiters', async (t) => {
  await one('poll').put(token('old'))
  const { running, finish } = await started(one('poll'), token('new'))
  const isNew = (current: Token | null): boolean => current?.accessToken === 'new'
  const waiting = Array.from({ length: 100 }, () => other('poll').update((current) => current, { until: isNew }))
  await sleep(100)
  await redis.config('RESETSTAT')
  await sleep(500)
  const looks = (await calls()).evalsha ?? 0
  t.ok(looks >= 3 && looks <= 25, `${looks} looks in 500 ms`)
  finish()
  await Promise.all([running, ...waiting])
})

t.test('records that cannot be read', async (t) => {
  await one('bob').put(token('his'))
  const value = (await redis.getBuffer(record('bob')))!
  const cut = value.subarray(0, -1)
  const sealedText = (text: string): Buffer =>
    Buffer.concat([
      value.subarray(0, GENERATION_LENGTH),
      createSealer([SECRET])(PURPOSE.credentials).sealBytes(text, 'client-1', 'odd')
    ])
  const flipped = Buffer.from(value)
  flipped[60]! ^= 1
  const set = (bytes: Buffer | string) => (): Promise<unknown> => redis.set(record('odd'), bytes)
  for (const [name, spoil] of [
    ['moved from another user', set(value)],
    ['cut', set(cut)],
    ['one bit', set(flipped)],
    ['garbage', set('garbage')],
    ['no JSON inside', set(sealedText('{'))],
    ['no token inside', set(sealedText('{"accessToken":7}'))],
    ['a generation and nothing else', set(value.subarray(0, GENERATION_LENGTH))],
    ['a list', (): Promise<unknown> => redis.rpush(record('odd'), 'x')],
    ['a hash', (): Promise<unknown> => redis.hset(record('odd'), 'a', 'b')]
  ] as const) {
    const spoiled = async (): Promise<void> => {
      await redis.del(record('odd'), lease('odd'))
      await spoil()
    }
    await spoiled()
    await t.rejects(one('odd').get(), UNREADABLE, name)
    await one('odd').update((current) => (t.equal(current, null, `${name}: nothing to start from`), token('anew')))
    t.equal((await one('odd').get())?.accessToken, 'anew', `${name}: replaced by a sign-in`)

    await spoiled()
    await one('odd').put(token('put'))
    t.equal((await one('odd').get())?.accessToken, 'put', `${name}: replaced by put`)

    await spoiled()
    await one('odd').delete()
    t.equal(await redis.exists(record('odd')), 0, `${name}: deleted`)

    const { running, finish } = await started(one('odd'), token('computed over nothing'))
    await spoil()
    finish()
    await t.rejects(running, UNREADABLE, `${name}: written during a change, and not overwritten`)
  }
})

t.test('a record of another OAuth client is not read', async (t) => {
  await one('client').put(token('a'))
  const second = open({ clientId: 'client-2' })('client')
  t.equal(await second.get(), null, 'it has another key')
  const theirs = redisKeys(clientNames('client-2')).grant({ owner: 'client', account: 'client' }).record
  await redis.copy(record('client'), theirs)
  await t.rejects(second.get(), UNREADABLE)
})

t.test('rotated secrets: old records open, new ones are sealed by the first', async (t) => {
  const NEWER = 'another-secret-of-32-characters-or-more'
  const rotated = open({ sealer: createSealer([NEWER, SECRET])(PURPOSE.credentials) })
  const after = open({ sealer: createSealer([NEWER])(PURPOSE.credentials) })
  await one('rot').put(token('old'))
  t.equal((await rotated('rot').get())?.accessToken, 'old')
  await t.rejects(after('rot').get(), UNREADABLE)
  await rotated('rot').update((current) => current!.with({ accessToken: 'refreshed' }))
  t.equal((await after('rot').get())?.accessToken, 'refreshed')
})

t.test('missing replicas: the write does not count', async (t) => {
  const confirmed = open({ minReplicas: 1 })
  await t.rejects(confirmed('rep').put(token('a')), { code: 'GOOGLE_AUTH_STORAGE', message: /replicas/ })
  await t.rejects(confirmed('rep').delete(), { code: 'GOOGLE_AUTH_STORAGE' })
})

t.test('replicas that confirm', async (t) => {
  const replica = await startRedis({
    args: ['--replicaof', '127.0.0.1', String(server.port), '--repl-diskless-load', 'swapdb']
  })
  t.teardown(() => replica.stop())
  const there = replica.client()
  await redis.config('SET', 'repl-diskless-sync-delay', '0')
  await eventually(async () => (await there.info('replication')).includes('master_link_status:up'))
  await redis.script('FLUSH')
  const confirmed = open({ minReplicas: 1 })
  await confirmed('rep').put(token('a'))
  t.equal(await there.exists(record('rep')), 1)
  await confirmed('rep').update(() => token('b'))
  t.same(await there.getBuffer(record('rep')), await redis.getBuffer(record('rep')))
  await confirmed('rep').delete()
  t.equal(await there.exists(record('rep')), 0)
  await confirmed('rep').delete()
  await t.rejects(open({ minReplicas: 2 })('rep').put(token('c')), { message: /replicas/ })
})

t.test('a master is lost before its replica got a write', async (t) => {
  for (const minReplicas of [0, 1]) {
    const master = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(master.port)] })
    t.teardown(() => Promise.all([master.stop(), replica.stop()]))
    const there = replica.client()
    await eventually(async () => (await there.info('replication')).includes('master_link_status:up'))
    const before = open({ redis: master.client(), minReplicas })('ann')
    await before.put(token('replicated')).catch(() => undefined)
    await eventually(async () => (await there.exists(record('ann'))) === 1)
    await there.replicaof('127.0.0.1', await freePort()) // cut off
    const confirmed = await before.put(token('only in the master')).then(
      () => true,
      () => false
    )
    await master.kill()
    await there.replicaof('NO', 'ONE')
    const kept = (await open({ redis: there })('ann').get())?.accessToken
    t.equal(kept, 'replicated')
    t.equal(
      confirmed,
      minReplicas === 0,
      minReplicas === 0 ? 'confirmed and lost' : 'lost, but nobody was told otherwise'
    )
  }
})
