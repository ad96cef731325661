import { StorageError } from '../../src/core/errors/storage.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { Storage } from '../../src/core/storage/storage.js'
import { LEASE_MS } from '../../src/redis/leased-storage.js'
import { connectRedis } from '../../src/redis/connection.js'
import { redisKeys } from '../../src/redis/keys.js'
import { redisSessions } from '../../src/redis/sessions.js'
import { clientNames, userStorages } from '../support/user-storages.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { within } from '../../src/redis/time-limit.js'
import { eventually, freePort, type RedisServer, startRedis } from '../support/redis.js'
import { started, token } from '../support/storage-contract.js'

/** The promised time for a request, whatever Redis does. */
const PROMISED_MS = 2_000
const sealer = createSealer(['secret-of-at-least-32-characters-01'])(PURPOSE.credentials)

function storageOver(redis: Redis | Cluster, leaseMs?: number): Storage {
  return userStorages({ redis, sealer, clientId: 'c', ...(leaseMs === undefined ? {} : { leaseMs }) })('ann')
}

async function server(t: Test, args: string[] = []): Promise<RedisServer> {
  const started = await startRedis({ args })
  t.teardown(() => started.stop())
  return started
}

/** Checks that each call fails with a `StorageError`, in time, without a word about Redis or the stored data. */
async function failsInTime(t: Test, name: string, work: () => Promise<unknown>, code?: string): Promise<void> {
  const at = performance.now()
  try {
    await work()
    t.fail(`${name}: must fail`)
  } catch (error) {
    t.ok(error instanceof StorageError, `${name}: ${String(error)}`)
    t.match(error, { statusCode: 503, headers: { 'retry-after': /^\d+$/ } }, name)
    if (code !== undefined) t.match((error as StorageError).cause, { message: code }, name)
  }
  const took = performance.now() - at
  t.ok(took < PROMISED_MS, `${name}: ${Math.round(took)} ms`)
}

for (const [name, clientOf] of [
  ['our own client', (server: RedisServer) => connectRedis(server.url).redis],
  ['a client with the default options of ioredis', (server: RedisServer) => new Redis(server.url)]
] as const) {
  t.test(`frozen Redis, ${name}`, async (t) => {
    const redisServer = await server(t)
    const client = clientOf(redisServer)
    t.teardown(() => client.disconnect())
    const storage = storageOver(client)
    const sessions = redisSessions({ redis: client, keys: redisKeys(clientNames('c')) })
    await storage.put(token('before'))
    await sessions.set('s', Buffer.from('a'), 60_000)
    redisServer.freeze()
    await Promise.all([
      failsInTime(t, 'get', () => storage.get()),
      failsInTime(t, 'put', () => storage.put(token('late'))),
      failsInTime(t, 'delete', () => storage.delete()),
      failsInTime(t, 'update', () => storage.update(() => token('late'))),
      failsInTime(t, 'session', () => sessions.get('s', String)),
      failsInTime(t, 'ping', () => within(client.ping()))
    ])
    redisServer.thaw()
    await eventually(async () => (await storage.get().catch(() => null))?.accessToken === 'before')
    await sleep(300)
    t.equal((await storage.get())?.accessToken, 'before', 'a write that failed does not happen later')
    t.equal(await sessions.get('s', String), 'a', 'nobody is signed out')
    const at = performance.now()
    t.equal((await storage.update(() => token('after')))?.accessToken, 'after')
    t.ok(performance.now() - at < 1_000, 'a late command left no lease')
  })
}

/** A failure that begins before a refresh can be stored, and has ended when the promise resolves. */
const OUTAGES: Record<string, (server: RedisServer) => Promise<unknown>> = {
  async frozen(server) {
    server.freeze()
    await sleep(2_500)
    server.thaw()
  },
  async 'taking no writes'(server) {
    const client = server.client()
    await client.config('SET', 'min-replicas-to-write', '1')
    await sleep(2_500)
    await client.config('SET', 'min-replicas-to-write', '0')
  },
  async 'losing every connection'(server) {
    const client = server.client()
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await client.client('PAUSE', 2_500)
    await client.ping()
  }
}

for (const leaseMs of [LEASE_MS, 1_000]) {
  for (const [name, outage] of Object.entries(OUTAGES)) {
    t.test(`Redis ${name} when a refresh is to be stored, under a lease of ${leaseMs} ms`, async (t) => {
      const redisServer = await server(t)
      const client = new Redis(redisServer.url).on('error', () => undefined)
      t.teardown(() => client.disconnect())
      const storage = storageOver(client, leaseMs)
      const elsewhere = storageOver(redisServer.client())
      await storage.put(token('before'))
      const { running, finish } = await started(storage, token('rotated'))
      const over = outage(redisServer)
      await sleep(100)
      finish()
      await failsInTime(t, 'update', () => running)
      await over
      if (leaseMs === LEASE_MS) {
        await elsewhere.update((latest) => {
          t.equal(latest?.accessToken, 'rotated', 'a later caller does not use the old refresh token')
          return latest
        })
      }
      await eventually(async () => (await elsewhere.get())?.accessToken === 'rotated')
      t.equal((await elsewhere.update(() => token('next')))?.accessToken, 'next', 'the lease is released')
    })
  }
}

t.test(
  'a refresh that is still to be stored does not replace a later write, except one that marks the grant lost',
  async (t) => {
    const redisServer = await server(t)
    const client = new Redis(redisServer.url) as Redis & { evalshaBuffer: (...args: unknown[]) => Promise<unknown> }
    t.teardown(() => client.disconnect())
    const lost = { reason: 'invalid_grant', at: 1 }
    const byEvent = { reason: 'tokens-revoked', at: 1 }
    const cases: [string, (elsewhere: Storage) => Promise<unknown>, string | undefined, typeof lost?][] = [
      ['a sign-in', (elsewhere) => elsewhere.put(token('signed in')), 'signed in'],
      ['a revocation', (elsewhere) => elsewhere.delete(), undefined],
      [
        'death, as told to somebody who had only the old refresh token',
        (elsewhere) => elsewhere.update((latest) => latest?.with({ refreshToken: undefined, lost }) ?? null),
        'rotated'
      ],
      [
        'the end of all tokens of the account, by a security event',
        (elsewhere) => elsewhere.update((latest) => latest?.with({ refreshToken: undefined, lost: byEvent }) ?? null),
        'before',
        byEvent
      ]
    ]
    for (const [name, comes, ends, endsLost] of cases) {
      const elsewhere = storageOver(redisServer.client())
      await elsewhere.put(token('before'))
      const { running, finish } = await started(storageOver(client, 200), token('rotated'))
      const run = client.evalshaBuffer.bind(client)
      client.evalshaBuffer = () => Promise.reject(new Error('READONLY'))
      finish()
      await failsInTime(t, 'update', () => running)
      await comes(elsewhere)
      client.evalshaBuffer = run
      await sleep(1_000)
      const found = await elsewhere.get()
      t.same([found?.accessToken, found?.lost], [ends, endsLost], name)
    }
  }
)

t.test('a result that is stored is not written again, although too few replicas confirmed it', async (t) => {
  const redisServer = await server(t)
  const client = redisServer.client()
  await storageOver(client).put(token('before'))
  const careful = userStorages({ redis: client, sealer, clientId: 'c', minReplicas: 1, writer: redisServer.client() })(
    'ann'
  )
  await failsInTime(t, 'update', () => careful.update(() => token('after')))
  await sleep(1_000)
  t.match(await client.info('commandstats'), /cmdstat_wait:calls=1,/)
  t.equal((await careful.get())?.accessToken, 'after')
})

t.test('Redis stops and starts again', async (t) => {
  const port = await freePort()
  const first = await startRedis({ port })
  const connection = connectRedis(first.url)
  const theirs = new Redis(first.url).on('error', () => undefined)
  t.teardown(async () => {
    await connection.close()
    theirs.disconnect()
  })
  const storages = [storageOver(connection.redis), storageOver(theirs)]
  for (const storage of storages) await storage.put(token('a'))
  await first.stop()
  await Promise.all(storages.map((storage) => failsInTime(t, 'get', () => storage.get())))
  const again = await startRedis({ port })
  t.teardown(() => again.stop())
  for (const storage of storages) {
    await eventually(() =>
      storage.get().then(
        () => true,
        () => false
      )
    )
    await storage.put(token('b'))
    t.equal((await storage.get())?.accessToken, 'b')
  }
})

t.test('no Redis at the start', async (t) => {
  const connection = connectRedis(`redis://127.0.0.1:${await freePort()}`)
  t.ok(connection.owned)
  await failsInTime(t, 'ping', () => within(connection.redis.ping()))
  await connection.close()
  const hole = connectRedis('redis://192.0.2.1:6379') // TEST-NET: nothing answers
  await failsInTime(t, 'ping', () => within(hole.redis.ping()))
  await hole.close()
  const cluster = new Cluster([{ host: '127.0.0.1', port: await freePort() }]).on('error', () => undefined)
  await failsInTime(t, 'a cluster', () => within(cluster.ping()))
  await failsInTime(t, 'a cluster', () => storageOver(cluster).get())
  cluster.disconnect()
})

t.test('out of memory: writes fail, reads and deletions do not', async (t) => {
  const redisServer = await server(t)
  const redis = redisServer.client()
  const storage = storageOver(redis)
  await storage.put(token('before'))
  const { running, finish } = await started(storage, token('refreshed'))
  await redis.config('SET', 'maxmemory', '1')
  finish()
  t.equal((await running)?.accessToken, 'refreshed', 'a running refresh is stored: nothing is lost')
  t.equal((await storage.get())?.accessToken, 'refreshed')
  await failsInTime(t, 'put', () => storage.put(token('x')), 'OOM')
  await failsInTime(t, 'update', () => storage.update(() => token('x')), 'OOM')
  await storage.delete()
  t.equal(await storage.get(), null)
  await storage.delete()
  await redis.config('SET', 'maxmemory', '0')
  const at = performance.now()
  await storage.update(() => token('after'))
  t.ok(performance.now() - at < 500)
})

t.test('a read-only replica, which then becomes the master', async (t) => {
  const redisServer = await server(t)
  const redis = redisServer.client()
  const storage = storageOver(redis)
  await storage.put(token('before'))
  await redis.replicaof('127.0.0.1', await freePort())
  await failsInTime(t, 'put', () => storage.put(token('x')), 'READONLY')
  await failsInTime(t, 'delete', () => storage.delete(), 'READONLY')
  await failsInTime(t, 'update', () => storage.update(() => token('x')), 'READONLY')
  t.equal((await storage.get())?.accessToken, 'before')
  await redis.config('SET', 'replica-serve-stale-data', 'no')
  await failsInTime(t, 'get', () => storage.get(), 'MASTERDOWN')
  await redis.replicaof('NO', 'ONE')
  await storage.put(token('after'))
  t.equal((await storage.get())?.accessToken, 'after')
})

t.test('Redis is loading its data', async (t) => {
  const redisServer = await server(t, ['--enable-debug-command', 'yes'])
  const redis = redisServer.client()
  const storage = storageOver(redis)
  await storage.put(token('before'))
  await redis.call('DEBUG', 'POPULATE', '10000')
  await redis.config('SET', 'loading-process-events-interval-bytes', '1024')
  await redis.config('SET', 'key-load-delay', '200')
  const reloading = redisServer.client().call('DEBUG', 'RELOAD')
  reloading.catch(() => undefined)
  const second = redisServer.client({ enableReadyCheck: false, maxLoadingRetryTime: 0 })
  await eventually(() =>
    second.ping().then(
      () => false,
      (error: unknown) => String(error).includes('LOADING')
    )
  )
  await failsInTime(t, 'get', () => storageOver(second).get(), 'LOADING')
  await failsInTime(t, 'put', () => storageOver(second).put(token('x')), 'LOADING')
  await reloading
  t.equal((await storageOver(second).get())?.accessToken, 'before')
})

t.test('a client that was closed', async (t) => {
  const redisServer = await server(t)
  const client = redisServer.client()
  const storage = storageOver(client)
  await storage.put(token('a'))
  await client.quit()
  await failsInTime(t, 'get', () => storage.get())
  await failsInTime(t, 'update', () => storage.update(() => token('x')))
})

t.test('connections: the plugin closes its own and no others', async (t) => {
  const redisServer = await server(t)
  const ours = connectRedis(redisServer.url, 1)
  await ours.reached()
  t.not(ours.writer, ours.redis)
  await ours.writer.ping()
  await ours.close()
  await eventually(() => ours.redis.status === 'end' && ours.writer.status === 'end')
  const client = redisServer.client()
  const theirs = connectRedis(client, 1)
  t.notOk(theirs.owned)
  t.equal(theirs.redis, client)
  await theirs.writer.ping()
  await theirs.close()
  await eventually(() => theirs.writer.status === 'end')
  t.equal(await client.ping(), 'PONG')
  t.equal(connectRedis(client).writer, client)

  const unused = connectRedis(redisServer.url)
  await unused.close()
  await eventually(() => unused.redis.status === 'end') // even if it was never opened

  const frozen = connectRedis(redisServer.url)
  await frozen.reached()
  redisServer.freeze()
  const at = performance.now()
  await frozen.close()
  t.ok(performance.now() - at < PROMISED_MS, 'closing takes no longer than a command')
})

t.test('a time limit', async (t) => {
  const late: unknown[] = []
  t.equal(await within(Promise.resolve(1), (value) => late.push(value)), 1)
  await t.rejects(
    within(sleep(30, 'x'), (value) => late.push(value), 5),
    { code: 'GOOGLE_AUTH_STORAGE' }
  )
  await sleep(50)
  t.same(late, ['x'], 'a late value is passed on')
  const own = new StorageError()
  await t.rejects(within(Promise.reject(own)), own)
  const leaky = new Error('SECRET in a message of Redis')
  const error = await within(Promise.reject(leaky)).catch((error: unknown) => error)
  t.notMatch(inspect(error), /SECRET/)
})
