import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { LoginAttempt } from '../../src/core/flow/login-attempt.js'
import { redisKeys } from '../../src/redis/keys.js'
import { redisSessions } from '../../src/redis/sessions.js'
import { endAllSignIns, enterSignIn, moveSignIn } from '../../src/sessions/sign-ins.js'
import { memorySessions } from '../../src/sessions/memory.js'
import { sessionIdOf } from '../../src/sessions/session-id.js'
import type { SessionStore, SessionStoreOptions } from '../../src/sessions/sessions.js'
import { eventually, startRedis } from '../support/redis.js'
import { clientNames } from '../support/user-storages.js'

const HOUR_MS = 3_600_000
const ATTEMPT: LoginAttempt = {
  state: '',
  nonce: 'nonce',
  codeVerifier: 'verifier',
  scopes: [],
  redirectUri: 'https://app.example/auth/return',
  clientId: 'client-1',
  createdAt: 0
}
const keys = redisKeys(clientNames('client-1'))

const server = await startRedis()
t.teardown(() => server.stop())
const redis = server.client()

t.test('in memory', async (t) => sessionsContract(t, memorySessions))

t.test('in Redis', async (t) => sessionsContract(t, (options) => redisSessions({ redis, keys, ...options })))

const record = (text: string): Buffer => Buffer.from(text)

function sessionsContract(t: Test, open: (options?: SessionStoreOptions) => SessionStore): void {
  const sessions = open()
  const textOf = async (id: string): Promise<string | undefined> => (await sessions.get(id, String)) ?? undefined

  t.test('keeps a record until it ends or is destroyed', async (t) => {
    t.equal(await sessions.get('s1', String), null)
    await sessions.set('s1', record('Ünal ☃'), HOUR_MS)
    t.equal(await textOf('s1'), 'Ünal ☃')
    await sessions.set('s1', record('another'), HOUR_MS)
    t.equal(await textOf('s1'), 'another')
    await sessions.destroy('s1')
    t.equal(await sessions.get('s1', String), null)
    await sessions.set('short', record('a'), 30)
    t.equal(await textOf('short'), 'a')
    await eventually(async () => (await sessions.get('short', String)) === null)
  })

  t.test('replaces only the record that it is told', async (t) => {
    await sessions.set('shared', record('one'), HOUR_MS)
    await sessions.replace('shared', record('one'), record('two'), HOUR_MS)
    await sessions.replace('shared', record('one'), record('late'), HOUR_MS)
    t.equal(await textOf('shared'), 'two')
    await sessions.destroy('shared')
    await sessions.replace('shared', record('two'), record('late'), HOUR_MS)
    await sessions.replace('missing', record('two'), record('late'), HOUR_MS)
    t.equal(await sessions.get('shared', String), null)
    t.equal(await sessions.get('missing', String), null)
  })

  t.test('a session is stored in the place of its claim, and not in that of an outcome', async (t) => {
    const { claims } = sessions
    const id = sessionIdOf({ ...ATTEMPT, state: 'one' }, 'code')
    const other = sessionIdOf({ ...ATTEMPT, state: 'one' }, 'another code')
    t.equal(await claims.claim(id, HOUR_MS), true)
    t.equal(await sessions.get(id, String), null)
    t.same([await claims.outcome(id), await claims.outcome(other)], ['open', 'open'], 'one place for an attempt')
    await sessions.set(id, record('a'), HOUR_MS)
    t.equal(await textOf(id), 'a')
    t.equal(await claims.outcome(id), 'stored')
    t.equal(await claims.claim(other, HOUR_MS), false)
    await sessions.destroy(id)
    t.equal(await claims.outcome(id), null)
    t.equal(await claims.claim(id, HOUR_MS), false, 'what has ended cannot be claimed')

    const failed = sessionIdOf({ ...ATTEMPT, state: 'two' }, 'code')
    await claims.claim(failed, HOUR_MS)
    await claims.settle(failed, Buffer.from('refused'), HOUR_MS)
    await sessions.set(failed, record('late'), HOUR_MS)
    await sessions.replace(failed, record('refused'), record('late'), HOUR_MS)
    t.equal(await sessions.get(failed, String), null)
    t.same(await claims.outcome(failed), Buffer.from('refused'))
    await claims.release(failed)
    t.equal(await claims.claim(failed, HOUR_MS), true)
  })

  t.test('a destroyed session cannot be stored again', async (t) => {
    await sessions.set('signed-in', record('a'), HOUR_MS)
    for (const time of ['once', 'twice']) {
      await sessions.destroy('signed-in')
      await sessions.set('signed-in', record('a'), HOUR_MS)
      t.equal(await sessions.get('signed-in', String), null, time)
    }
    await sessions.destroy('unknown')
    await sessions.set('unknown', record('a'), HOUR_MS)
    t.equal(await textOf('unknown'), 'a', 'destroying a missing session writes nothing')
  })

  t.test('a forbidden session cannot be stored', async (t) => {
    await sessions.forbid('on-its-way')
    await sessions.set('on-its-way', record('a'), HOUR_MS)
    t.equal(await sessions.get('on-its-way', String), null)
    await sessions.set('there', record('a'), HOUR_MS)
    await sessions.forbid('there')
    await sessions.set('there', record('a'), HOUR_MS)
    t.equal(await sessions.get('there', String), null)
  })

  t.test('a tombstone ends', async (t) => {
    const brief = open({ tombstoneMs: 30 })
    await brief.set('brief', record('1'), HOUR_MS)
    await brief.destroy('brief')
    await eventually(async () => {
      await brief.set('brief', record('2'), HOUR_MS)
      return (await brief.get('brief', String)) !== null
    })
    t.equal(await brief.get('brief', String), '2')
  })

  const idsOf = async (index: SessionStore['signIns'], user: string): Promise<string[]> =>
    (await index.list(user)).map(({ id }) => id).sort()

  t.test('the index knows the sign-ins of each user and their sessions', async (t) => {
    const { signIns } = sessions
    const end = Date.now() + HOUR_MS
    t.same(await signIns.list('ann'), [])
    await signIns.add('ann', 'a1', end)
    await signIns.add('ann', 'a2', end)
    await signIns.add('bob', 'b1', end)
    t.same(await idsOf(signIns, 'ann'), ['a1', 'a2'])
    t.equal(await signIns.remove('ann', 'a1', 'another'), 'a1', 'not the session that holds it')
    t.same(await idsOf(signIns, 'ann'), ['a1', 'a2'])
    for (const time of ['once', 'twice']) t.equal(await signIns.remove('ann', 'a1', 'a1'), null, time)
    t.equal(await signIns.remove('nobody', 'a1', 'a1'), null)
    t.same(await signIns.list('ann'), [{ id: 'a2', sessionId: 'a2' }])
    t.equal(await signIns.move('ann', 'a2', 'a2', 'another'), 'another')
    t.equal(await signIns.move('ann', 'a2', 'a2', 'yet another'), 'another', 'it has left a2 before')
    t.equal(await signIns.move('ann', 'a2', 'another', 'yet another'), 'yet another')
    t.same(await signIns.list('ann'), [{ id: 'a2', sessionId: 'yet another' }])
    t.equal(await signIns.remove('ann', 'a2', 'yet another'), null)
    t.equal(await signIns.move('ann', 'a2', 'yet another', 'too late'), null, 'a sign-in that has ended goes nowhere')
    t.same(await signIns.list('ann'), [])
    t.same(await idsOf(signIns, 'bob'), ['b1'])
  })

  t.test('the index forgets sign-ins that are over', async (t) => {
    let now = Date.now()
    const { signIns } = open({ now: () => now })
    await signIns.add('carl', 'first', now + HOUR_MS)
    await signIns.add('carl', 'second', now + 3 * HOUR_MS)
    now += 2 * HOUR_MS
    t.same(await idsOf(signIns, 'carl'), ['second'])
    await signIns.add('carl', 'third', now + HOUR_MS)
    now -= 2 * HOUR_MS
    t.same(await idsOf(signIns, 'carl'), ['second', 'third'], 'and keeps nothing of them')
  })

  t.test('with too many sign-ins, the oldest end', async (t) => {
    const bounded = open({ maxPerUser: 3 })
    for (const id of ['d1', 'd2', 'd3', 'd4', 'd5']) {
      await bounded.set(id, record(id), HOUR_MS)
      await enterSignIn(bounded, 'dora', id, Date.now() + HOUR_MS + Number(id[1]))
      if (id !== 'd1') continue
      await bounded.signIns.move('dora', id, id, 'moved')
      await bounded.set('moved', record('moved'), HOUR_MS)
    }
    t.same(await idsOf(bounded.signIns, 'dora'), ['d3', 'd4', 'd5'])
    for (const id of ['moved', 'd2'])
      t.equal(await bounded.get(id, String), null, `${id}: no session lives without an entry in the index`)
    t.equal(await bounded.get('d5', String), 'd5')
  })

  t.test('an end that failed half way can be repeated, although the session moved meanwhile', async (t) => {
    const end = Date.now() + HOUR_MS
    for (const failing of [1, 2]) {
      const [user, first, second] = [`eve${failing}`, `e${failing}`, `f${failing}`]
      await sessions.set(first, record('1'), HOUR_MS)
      await sessions.signIns.add(user, first, end)
      let forbids = 0
      const store: SessionStore = {
        ...sessions,
        async forbid(id) {
          if (id === first && forbids === 0) {
            // Between the list and the end, a request of the user gives the session another id.
            await sessions.destroy(first)
            await sessions.signIns.move(user, first, first, second)
            await sessions.set(second, record('2'), HOUR_MS)
          }
          if (++forbids === failing) throw new Error('no connection')
          return sessions.forbid(id)
        }
      }
      await t.rejects(endAllSignIns(store, user), { message: 'no connection' })
      await endAllSignIns(sessions, user)
      for (const id of [first, second]) t.equal(await sessions.get(id, String), null, `${id} has ended`)
      t.same(await sessions.signIns.list(user), [])
    }
  })

  t.test('of two moves at once, one session holds the sign-in, and the other one ends', async (t) => {
    for (const id of ['g1', 'g2', 'g3']) await sessions.set(id, record(id), HOUR_MS)
    await sessions.signIns.add('gil', 'g1', Date.now() + HOUR_MS)
    const from = { id: 'g1', sessionId: 'g1' }
    t.same([await moveSignIn(sessions, 'gil', from, 'g2'), await moveSignIn(sessions, 'gil', from, 'g3')], [true, true])
    t.same(await sessions.signIns.list('gil'), [{ id: 'g1', sessionId: 'g3' }])
    t.equal(await sessions.get('g2', String), null)
    t.equal(await sessions.get('g3', String), 'g3')
    await endAllSignIns(sessions, 'gil')
    t.equal(await moveSignIn(sessions, 'gil', { id: 'g1', sessionId: 'g3' }, 'g4'), false)
  })
}

t.test('in memory, ended entries are removed', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let now = 0
  const sessions = memorySessions({ now: () => now })
  const heapAfter = async (from: number): Promise<number> => {
    for (let i = from; i < from + 20_000; i++) {
      now++
      await sessions.set(`s${i}`, Buffer.alloc(1_000, 'x'), 100)
      await sessions.signIns.add(`user${i}`, `s${i}`, now + 100)
    }
    for (let times = 0; times < 3; times++) {
      collect()
      await new Promise(setImmediate)
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const before = await heapAfter(0)
  now += HOUR_MS
  const after = await heapAfter(20_000)
  t.ok(after - before < 10e6, `grew by ${after - before} bytes`)
})

t.test('in memory, forbidding a session twice does not shorten its tombstone', async (t) => {
  let now = 0
  const sessions = memorySessions({ now: () => now })
  await sessions.set('ended', record('a'), HOUR_MS)
  await sessions.forbid('ended')
  await sessions.forbid('ended')
  now += HOUR_MS
  await sessions.set('ended', record('a'), HOUR_MS)
  t.equal(await sessions.get('ended', String), null)
})

t.test('in Redis, a session ends although the memory is full', async (t) => {
  const sessions = redisSessions({ redis, keys })
  await sessions.set('full', record('a'), HOUR_MS)
  await sessions.set('full too', record('a'), HOUR_MS)
  await redis.config('SET', 'maxmemory', '1')
  t.teardown(() => redis.config('SET', 'maxmemory', '0'))
  await sessions.destroy('full')
  await sessions.forbid('full too')
  await sessions.forbid('not there')
  for (const id of ['full', 'full too']) t.equal(await sessions.get(id, String), null)
})

t.test('in Redis, the index keeps nothing of sign-ins that are over', async (t) => {
  let now = Date.now()
  const { signIns } = redisSessions({ redis, keys, now: () => now })
  await signIns.add('eve', 'first', now + HOUR_MS)
  await signIns.move('eve', 'first', 'first', 'moved')
  now += 2 * HOUR_MS
  await signIns.add('eve', 'second', now + HOUR_MS)
  t.same(await redis.hgetall(keys.signIns('eve').moved), {})
})

t.test('in Redis, the cost is one GET', async (t) => {
  const sessions = redisSessions({ redis, keys })
  await sessions.set('costs', record('a'), HOUR_MS)
  await redis.config('RESETSTAT')
  await sessions.get('costs', String)
  t.match(await redis.info('commandstats'), /cmdstat_get:calls=1,/)
  t.notMatch(await redis.info('commandstats'), /cmdstat_(?!get|info|config)/)
})

t.test('in Redis, all keys have an end, those of the index too', async (t) => {
  await redis.flushall()
  const sessions = redisSessions({ redis, keys })
  await sessions.set('x', record('a'), HOUR_MS)
  await sessions.signIns.add('us{er', 'x', Date.now() + HOUR_MS)
  await sessions.signIns.move('us{er', 'x', 'x', 'y')
  await sessions.destroy('nothing')
  await sessions.forbid('z')
  const { index, moved } = keys.signIns('us{er')
  const named = (await redis.keys('*')).sort()
  t.same(
    named,
    [keys.session('x'), keys.session('z'), index, moved].sort(),
    'a sign-out without a session writes no key'
  )
  for (const key of named) t.ok((await redis.pttl(key)) > 0, key)
  t.ok((await redis.pttl(keys.session('z'))) <= 2 * 60_000)
})

t.test('in Redis, a failure is a StorageError', async (t) => {
  const gone = new Redis({ port: 1, retryStrategy: () => null }).on('error', () => undefined)
  const away = redisSessions({ redis: gone, keys })
  await t.rejects(away.get('x', String), { code: 'GOOGLE_AUTH_STORAGE', statusCode: 503 })
  await t.rejects(away.set('x', record(''), 1), { code: 'GOOGLE_AUTH_STORAGE' })
  await t.rejects(away.destroy('x'), { code: 'GOOGLE_AUTH_STORAGE' })
  await t.rejects(away.signIns.list('x'), { code: 'GOOGLE_AUTH_STORAGE' })
})
