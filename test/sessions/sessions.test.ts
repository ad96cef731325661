import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { memorySessions } from '../../src/sessions/memory.js'
import { redisSessions } from '../../src/redis/sessions.js'
import type { Sessions, SessionsOptions } from '../../src/sessions/sessions.js'
import { eventually, startRedis } from '../support/redis.js'

const HOUR_MS = 3_600_000

const server = await startRedis()
t.teardown(() => server.stop())
const redis = server.client()

t.test('in memory', async (t) => sessionsContract(t, memorySessions))

t.test('in Redis', async (t) => sessionsContract(t, (options) => redisSessions({ redis, ...options })))

function sessionsContract(t: Test, open: (options?: SessionsOptions) => Sessions): void {
  const sessions = open()

  t.test('keeps what was set, until it ends or is destroyed', async (t) => {
    t.equal(await sessions.get('s1'), null)
    const session = { user: { sub: '1', name: 'Ünal ☃' } }
    await sessions.set('s1', session, HOUR_MS)
    session.user.name = 'changed by the caller'
    t.same(await sessions.get('s1'), { user: { sub: '1', name: 'Ünal ☃' } })
    await sessions.set('s1', { user: null }, HOUR_MS)
    t.same(await sessions.get('s1'), { user: null })
    await sessions.destroy('s1')
    t.equal(await sessions.get('s1'), null)
    await sessions.set('short', { a: 1 }, 30)
    t.same(await sessions.get('short'), { a: 1 })
    await eventually(async () => (await sessions.get('short')) === null)
  })

  t.test('what was destroyed stays so, whoever writes it back', async (t) => {
    await sessions.set('signed-in', { a: 1 }, HOUR_MS)
    await sessions.destroy('signed-in')
    await sessions.set('signed-in', { a: 1 }, HOUR_MS)
    t.equal(await sessions.get('signed-in'), null)
    await sessions.destroy('signed-in')
    await sessions.set('signed-in', { a: 1 }, HOUR_MS)
    t.equal(await sessions.get('signed-in'), null, 'also after a second sign-out')

    await sessions.destroy('on-its-way')
    await sessions.set('on-its-way', { a: 1 }, HOUR_MS)
    t.equal(await sessions.get('on-its-way'), null, 'also a session that was not stored yet')
  })

  t.test('a tombstone ends', async (t) => {
    const brief = open({ tombstoneMs: 30 })
    await brief.set('brief', { a: 1 }, HOUR_MS)
    await brief.destroy('brief')
    await eventually(async () => {
      await brief.set('brief', { a: 2 }, HOUR_MS)
      return (await brief.get('brief')) !== null
    })
    t.same(await brief.get('brief'), { a: 2 })
  })

  t.test('the index knows the sessions of each user', async (t) => {
    const { index } = sessions
    const end = Date.now() + HOUR_MS
    t.same(await index.list('ann'), [])
    await index.add('ann', 'a1', end)
    await index.add('ann', 'a2', end)
    await index.add('ann', 'a2', end + 1)
    await index.add('bob', 'b1', end)
    t.same((await index.list('ann')).sort(), ['a1', 'a2'])
    await index.remove('ann', 'a1')
    await index.remove('ann', 'not there')
    await index.remove('nobody', 'a1')
    t.same(await index.list('ann'), ['a2'])
    await index.add('ann', 'a3', end)
    await index.add('ann', 'a4', end)
    await index.remove('ann', 'a2', 'a3', 'not there')
    await index.remove('ann')
    t.same(await index.list('ann'), ['a4'])
    t.same(await index.list('bob'), ['b1'])
  })

  t.test('the index forgets sessions that are over', async (t) => {
    let now = Date.now()
    const { index } = open({ now: () => now })
    await index.add('carl', 'first', now + HOUR_MS)
    await index.add('carl', 'second', now + 3 * HOUR_MS)
    now += 2 * HOUR_MS
    t.same(await index.list('carl'), ['second'])
    await index.add('carl', 'third', now + HOUR_MS)
    now -= 2 * HOUR_MS
    t.same((await index.list('carl')).sort(), ['second', 'third'], 'and keeps no trace of them')
  })

  t.test('more sessions than anybody has: those that end first are destroyed', async (t) => {
    const bounded = open({ maxPerUser: 3 })
    for (const id of ['d1', 'd2', 'd3', 'd4', 'd5']) {
      await bounded.set(id, { id }, HOUR_MS)
      await bounded.index.add('dora', id, Date.now() + HOUR_MS + Number(id[1]))
    }
    t.same((await bounded.index.list('dora')).sort(), ['d3', 'd4', 'd5'])
    t.equal(await bounded.get('d1'), null, 'none lives on where signing out everywhere could not find it')
    t.same(await bounded.get('d5'), { id: 'd5' })
  })
}

t.test('in memory, what is over is swept', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let now = 0
  const sessions = memorySessions({ now: () => now })
  const heapAfter = async (from: number): Promise<number> => {
    for (let i = from; i < from + 20_000; i++) {
      now++
      await sessions.set(`s${i}`, { filler: 'x'.repeat(1_000) }, 100)
      await sessions.index.add(`user${i}`, `s${i}`, now + 100)
    }
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(0)
  now += HOUR_MS
  const after = await heapAfter(20_000)
  t.ok(after - before < 10e6, `grew by ${after - before} bytes`)
})

t.test('in Redis, the cost is one GET', async (t) => {
  const sessions = redisSessions({ redis })
  await sessions.set('costs', { a: 1 }, HOUR_MS)
  await redis.config('RESETSTAT')
  await sessions.get('costs')
  t.match(await redis.info('commandstats'), /cmdstat_get:calls=1,/)
  t.notMatch(await redis.info('commandstats'), /cmdstat_(?!get|info|config)/)
})

t.test('in Redis, keys carry an end, also the index', async (t) => {
  const sessions = redisSessions({ redis, prefix: 'app' })
  await sessions.set('x', { a: 1 }, HOUR_MS)
  await sessions.index.add('us{er', 'x', Date.now() + HOUR_MS)
  await sessions.destroy('y')
  const keys = (await redis.keys('app:*')).sort()
  t.same(keys, ['app:session:x', 'app:session:y', 'app:{us%7Ber}:sessions'])
  for (const key of keys) t.ok((await redis.pttl(key)) > 0, key)
  t.ok((await redis.pttl('app:session:y')) <= 2 * 60_000, 'no store filled from outside by signing out')
})

t.test('in Redis, what is no session is none; trouble is trouble', async (t) => {
  const sessions = redisSessions({ redis })
  for (const text of ['{', 'null', '7', '"text"']) {
    await redis.set('google-auth:session:odd', text)
    t.equal(await sessions.get('odd'), null, text)
  }
  const away = redisSessions({ redis: new Redis({ port: 1, retryStrategy: () => null }).on('error', () => undefined) })
  await t.rejects(away.get('x'), { code: 'GOOGLE_AUTH_STORAGE', statusCode: 503 })
  await t.rejects(away.set('x', {}, 1), { code: 'GOOGLE_AUTH_STORAGE' })
  await t.rejects(away.destroy('x'), { code: 'GOOGLE_AUTH_STORAGE' })
  await t.rejects(away.index.list('x'), { code: 'GOOGLE_AUTH_STORAGE' })
})
