import t, { type Test } from 'tap'
import type { Redis } from 'ioredis'
import { LimitedCache } from '../../../src/redis/reads/cache.js'
import { createReader } from '../../../src/redis/reads/reader.js'
import { openReads, type Reads } from '../../../src/redis/reads/reads.js'
import { eventually, type RedisServer, startRedis } from '../../support/redis.js'

const LIMITS = { maxEntries: 3, maxAgeMs: 1_000 }

t.test('keeps records within its limits', async (t) => {
  let now = 0
  const loads: string[] = []
  const cache = new LimitedCache(LIMITS, () => now)
  const get = (key: string): Promise<string> =>
    cache.get(key, async () => {
      loads.push(key)
      return `${key}${loads.length}`
    })
  t.equal(await get('a'), 'a1')
  t.equal(await get('a'), 'a2', 'off: nothing is kept')
  cache.turnOn()
  t.equal(await get('a'), 'a3')
  t.equal(await get('a'), 'a3')
  now = LIMITS.maxAgeMs - 1
  t.equal(await get('a'), 'a3')
  now = LIMITS.maxAgeMs
  t.equal(await get('a'), 'a4', 'too old')
  for (const key of ['b', 'c', 'd']) await get(key)
  t.equal(cache.size, LIMITS.maxEntries)
  t.equal(await get('d'), 'd7')
  t.equal(await get('a'), 'a8', 'the oldest one went')
  cache.drop('a')
  t.equal(await get('a'), 'a9')
  cache.turnOff()
  t.equal(cache.size, 0)
  t.equal(await get('a'), 'a10')
})

t.test('one load for all who ask meanwhile, and none is kept that a change has overtaken', async (t) => {
  const cache = new LimitedCache(LIMITS)
  cache.turnOn()
  const finish: ((value: string) => void)[] = []
  const get = (): Promise<string> => cache.get('k', () => new Promise((resolve) => finish.push(resolve)))
  const [one, other] = [get(), get()]
  t.equal(finish.length, 1)
  cache.drop('k')
  const later = get()
  t.equal(finish.length, 2, 'who asks after the change does not get what was read before it')
  finish[0]?.('before')
  finish[1]?.('after')
  t.same(await Promise.all([one, other, later, get()]), ['before', 'before', 'after', 'after'])
})

t.test('a failure is not kept', async (t) => {
  const cache = new LimitedCache(LIMITS)
  cache.turnOn()
  await t.rejects(
    cache.get('k', () => Promise.reject(new Error('down'))),
    { message: 'down' }
  )
  t.equal(await cache.get('k', async () => 'up'), 'up')
})

/** A server, reads with a cache over it, and how often the reads asked it. */
async function tracked(t: Test, options: { keyPrefix?: string; maxAgeMs?: number } = {}) {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const redis = server.client({ keyPrefix: options.keyPrefix ?? '' })
  const told: boolean[] = []
  const limits = { maxEntries: 1_000, maxAgeMs: options.maxAgeMs ?? 60_000 }
  const reads = await openReads(redis, limits, (on) => told.push(on))
  t.teardown(() => reads.close())
  const get = (key = 'k'): Promise<string | undefined> => textOf(reads, key)
  return { server, redis, reads, told, get, other: server.client() }
}

async function textOf({ read, cache }: Reads, key: string): Promise<string | undefined> {
  return cache?.get(key, async () => (await read(key))?.toString())
}

async function countReads(client: Redis, work: () => Promise<unknown>): Promise<number> {
  await client.config('RESETSTAT')
  await work()
  const stats = (await client.info('commandstats')).matchAll(/cmdstat_m?get:calls=(\d+)/g)
  return [...stats].reduce((sum, [, calls]) => sum + Number(calls), 0)
}

/** The client names of the two connections of the cache, which are all but those of the test. */
async function kill(server: RedisServer, type: 'normal' | 'pubsub'): Promise<void> {
  await server.client().call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
}

t.test('a warm record costs no command, and each change of it counts', async (t) => {
  const { get, other } = await tracked(t)
  await other.set('k', '1')
  t.equal(await get(), '1')
  t.equal(await countReads(other, async () => t.equal(await get(), '1')), 0)
  const changes: [string, () => Promise<unknown>, string | undefined][] = [
    ['SET', () => other.set('k', '2'), '2'],
    ['DEL', () => other.del('k'), undefined],
    ['SET where nothing was', () => other.set('k', '3'), '3'],
    ['a script', () => other.eval("return redis.call('SET', KEYS[1], '4')", 1, 'k'), '4'],
    ['its end', () => other.pexpire('k', 1).then(() => other.get('k')), undefined],
    ['SET', () => other.set('k', '5'), '5'],
    ['FLUSHDB', () => other.flushdb(), undefined]
  ]
  for (const [name, change, after] of changes) {
    await get()
    await change()
    await eventually(async () => (await get()) === after)
    t.equal(await countReads(other, async () => t.equal(await get(), after, name)), 0, `${name}: warm again`)
  }
})

t.test('a prefix of the client counts', async (t) => {
  const { get, other } = await tracked(t, { keyPrefix: 'mine:' })
  await other.set('mine:k', '1')
  t.equal(await get(), '1')
  await other.set('mine:k', '2')
  await eventually(async () => (await get()) === '2')
})

for (const type of ['normal', 'pubsub'] as const) {
  t.test(`a lost connection (${type}): the cache goes, reads go on, and it comes back`, async (t) => {
    const { server, get, other, told } = await tracked(t)
    await other.set('k', '1')
    t.equal(await get(), '1')
    await kill(server, type)
    await eventually(async () => told.includes(false))
    await eventually(() =>
      server
        .client()
        .set('k', '2')
        .then(
          () => true,
          () => false
        )
    )
    t.equal(await get(), '2', 'a change that nobody could tell')
    await eventually(async () => told.at(-1) === true)
    t.same(told, [true, false, true])
    await get()
    const client = server.client()
    t.equal(await countReads(client, async () => t.equal(await get(), '2')), 0)
    await client.set('k', '3')
    await eventually(async () => (await get()) === '3')
  })
}

t.test('connections killed again and again under changes: what is read last is what was written last', async (t) => {
  const { server, get } = await tracked(t)
  const writer = server.client()
  for (let round = 1; round <= 60; round++) {
    await eventually(() =>
      writer.set('k', String(round)).then(
        () => true,
        () => false
      )
    )
    if (round % 3 === 0) void kill(server, round % 2 === 0 ? 'pubsub' : 'normal').catch(() => undefined)
    await eventually(async () => (await get().catch(() => '')) === String(round))
    t.equal(await get().catch(() => String(round)), String(round), `round ${round}: it does not go back`)
  }
})

t.test('a server that stops without a word: the cache goes', async (t) => {
  const { server, get, other, told } = await tracked(t)
  await other.set('k', '1')
  await get()
  server.freeze()
  await eventually(async () => told.at(-1) === false)
  server.thaw()
  await eventually(async () => told.at(-1) === true)
  t.equal(await get(), '1')
})

t.test('a server that refuses tracking is named at start', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  await server.client().call('ACL', 'SETUSER', 'app', 'on', '>word', '~*', '&*', '+@all', '-client|tracking')
  const redis = server.client({ username: 'app', password: 'word' })
  await t.rejects(
    openReads(redis, LIMITS, () => t.fail('it was never on')),
    { name: 'TypeError', message: /The option cache needs the command CLIENT TRACKING.*NOPERM.*leave the option out/ }
  )
  await eventually(async () => !String(await server.client().call('CLIENT', 'LIST')).includes('cmd=client|tracking'))
})

t.test('without limits each read asks', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const redis = server.client()
  const reads = await openReads(redis, null, () => t.fail('there is no cache'))
  t.equal(reads.cache, undefined)
  await redis.set('k', '1')
  t.equal(await countReads(redis, () => reads.read('k')), 1)
  reads.close()
  t.same(await createReader(redis)('k'), Buffer.from('1'), 'the client of the app stays open')
})
