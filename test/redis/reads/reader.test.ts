import t, { type Test } from 'tap'
import type { Redis } from 'ioredis'
import { StorageError } from '../../../src/core/errors/storage.js'
import { createReader } from '../../../src/redis/reads/reader.js'
import { COMMAND_LIMIT_MS } from '../../../src/redis/time-limit.js'
import { startRedis } from '../../support/redis.js'

const server = await startRedis()
t.teardown(() => server.stop())
const redis = server.client()

/** One turn of the event loop, in which all settles that can. */
const turn = (): Promise<undefined> => new Promise((resolve) => setImmediate(() => resolve(undefined)))

/** How often each command was called while `work` ran. */
async function commandsOf(client: Redis, work: () => Promise<unknown>): Promise<Record<string, number>> {
  await client.config('RESETSTAT')
  await work()
  const stats = (await client.info('commandstats')).matchAll(/cmdstat_(m?get):calls=(\d+)/g)
  return Object.fromEntries([...stats].map(([, name, calls]) => [name, Number(calls)]))
}

async function filled(t: Test, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, at) => `${t.name}:${at}`)
  await redis.mset(keys.flatMap((key) => [key, `value of ${key}`]))
  return keys
}

t.test('a single read is a GET', async (t) => {
  const [key = ''] = await filled(t, 1)
  const read = createReader(redis)
  const commands = await commandsOf(redis, async () => {
    t.same(await read(key), Buffer.from(`value of ${key}`))
    t.equal(await read('nothing'), null)
  })
  t.same(commands, { get: 2 })
})

t.test('reads of one turn share a command, and each gets its own value', async (t) => {
  const keys = await filled(t, 250)
  const read = createReader(redis)
  const wanted = [...keys, 'nothing', ...keys.slice(0, 3)]
  const commands = await commandsOf(redis, async () => {
    const values = await Promise.all(wanted.map(read))
    t.same(
      values.map((value) => value?.toString()),
      wanted.map((key) => (key === 'nothing' ? undefined : `value of ${key}`))
    )
  })
  t.same(commands, { mget: 3, get: 1 }, 'a hundred keys each at most, and what was not there once more')
})

t.test('a value of another type is an error, also among others', async (t) => {
  await filled(t, 1)
  await redis.lpush('a list', 'x')
  const read = createReader(redis)
  const [good, bad, none] = await Promise.allSettled([read(`${t.name}:0`), read('a list'), read('nothing')])
  t.match(good, { status: 'fulfilled', value: Buffer.from(`value of ${t.name}:0`) })
  t.match(bad, { status: 'rejected', reason: { cause: { message: /WRONGTYPE/ } } })
  t.same(none, { status: 'fulfilled', value: null })
})

t.test('bytes stay bytes', async (t) => {
  const bytes = Buffer.from([0, 255, 128, 10, 13])
  await redis.set('bytes', bytes)
  const read = createReader(redis)
  t.same(await Promise.all([read('bytes'), read('bytes')]), [bytes, bytes])
})

t.test('a prefix of the client counts', async (t) => {
  const prefixed = server.client({ keyPrefix: 'mine:' })
  await redis.mset('mine:a', '1', 'mine:b', '2')
  const read = createReader(prefixed)
  t.same(await Promise.all([read('a'), read('b')]), [Buffer.from('1'), Buffer.from('2')])
})

t.test('in trouble every read gets a StorageError, and later reads work again', async (t) => {
  const [one = '', other = ''] = await filled(t, 2)
  const read = createReader(redis)
  server.freeze()
  const failed = await Promise.allSettled([read(one), read(other)])
  server.thaw()
  for (const result of failed)
    t.ok(result.status === 'rejected' && result.reason instanceof StorageError, 'a StorageError')
  t.same(await read(one), Buffer.from(`value of ${one}`))
})

t.test('an answer that needs a second command has one time limit for both', async (t) => {
  const [key = ''] = await filled(t, 1)
  const client = server.client()
  await client.ping()
  const asked = new Promise<void>((resolve) => {
    client.getBuffer = (() => {
      resolve()
      return new Promise(() => undefined)
    }) as never
  })
  /** What happens when a time limit is over. */
  const limits: (() => void)[] = []
  const { setTimeout } = globalThis
  t.intercept(globalThis, 'setTimeout', {
    value: (callback: () => void, ms: number) => {
      if (ms === COMMAND_LIMIT_MS) limits.push(callback)
      return setTimeout(callback, ms)
    }
  })
  const read = createReader(client)
  const results = Promise.allSettled([read(key), read('nothing')])
  await asked
  t.equal(limits.length, 1)
  limits[0]!()
  const settled = await Promise.race([results, turn()])
  t.equal(settled?.length, 2, 'none goes on after it')
  for (const result of settled ?? [])
    t.ok(result.status === 'rejected' && result.reason instanceof StorageError, 'a StorageError')
})
