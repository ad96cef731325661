import t from 'tap'
import { REFRESH_BUDGET_MS } from '../../src/core/storage/storage.js'
import { LEASE_MS, WAIT_MS } from '../../src/redis/leased-storage.js'
import { userStorages } from '../support/user-storages.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { COMMAND_LIMIT_MS } from '../../src/redis/time-limit.js'
import { FLEET, firstToken } from '../support/fleet-provider.js'
import { startWorker, STEPS } from '../support/fleet-of-storages.js'
import { eventually, startRedis } from '../support/redis.js'

const server = await startRedis()
const redis = server.client()
const sealer = createSealer([FLEET.secret])(PURPOSE.credentials)
const storage = userStorages({ redis, sealer, clientId: FLEET.clientId })(FLEET.user)
const lease = `google-auth:{${FLEET.user}}:lease`

const SHORT_LEASE_MS = 1_200
const fleet = await Promise.all(STEPS.map(() => startWorker({ redisUrl: server.url, leaseMs: SHORT_LEASE_MS })))
const next = await startWorker({ redisUrl: server.url, leaseMs: SHORT_LEASE_MS })
t.teardown(async () => {
  await Promise.all([...fleet, next].map((worker) => worker.kill()))
  await server.stop()
})

const startAnew = async (): Promise<void> => {
  await redis.flushall()
  await storage.put(firstToken)
}

t.test('the limits fit together', async (t) => {
  t.ok(LEASE_MS >= REFRESH_BUDGET_MS + 2 * COMMAND_LIMIT_MS, 'a lease lasts longer than its refresh')
  t.ok(
    WAIT_MS >= LEASE_MS + REFRESH_BUDGET_MS + COMMAND_LIMIT_MS,
    'a waiter waits longer than a lost lease and one refresh'
  )
})

t.test('4 processes with 50 callers each, a provider that rotates: one call, and all get an answer', async (t) => {
  for (let round = 0; round < 3; round++) {
    await startAnew()
    const at = performance.now()
    const reports = await Promise.all(fleet.map((worker) => worker.order({ refreshAtOnce: 50 })))
    const errors = reports.flatMap(({ errors }) => errors)
    const tokens = reports.flatMap(({ tokens }) => tokens)
    t.same(errors, [])
    t.equal(tokens.length, 200)
    t.same([...new Set(tokens)], ['access-1'])
    t.equal(await redis.get(FLEET.callsKey), '1', `one call to the provider; ${Math.round(performance.now() - at)} ms`)
  }
})

t.test('a process that was stopped for longer than its lease cannot store its result', async (t) => {
  await startAnew()
  const [sleeper] = fleet
  const report = sleeper!.order({ refreshAtOnce: 1 })
  await eventually(async () => (await redis.get(FLEET.refreshKey)) !== null)
  sleeper!.signal('SIGSTOP')
  await eventually(async () => (await redis.exists(lease)) === 0)
  const refreshed = await next.order({ refreshAtOnce: 1 })
  t.match(refreshed.errors, ['invalid_grant'], 'the next process took over, and the provider has rotated')
  await storage.put(firstToken.with({ accessToken: 'signed in anew' }))
  sleeper!.signal('SIGCONT')
  t.same((await report).tokens, ['signed in anew'])
  t.equal((await storage.get())?.accessToken, 'signed in anew')
})

t.test('kill -9 at every step: the next process takes over when the lease ends', async (t) => {
  for (const [index, step] of STEPS.entries()) {
    await startAnew()
    const victim = fleet[index]!
    t.same(await victim.order({ stopAt: step }), { reached: step })
    await victim.kill()
    const at = performance.now()
    const { tokens, errors } = await next.order({ refreshAtOnce: 20 })
    const took = Math.round(performance.now() - at)
    t.ok(took < SHORT_LEASE_MS + 1_000, `${step}: ${took} ms`)
    const calls = await redis.get(FLEET.callsKey)
    if (step === 'lease taken') {
      t.same([tokens.length, calls], [20, '1'], 'nothing had happened: the next process refreshes')
    } else if (step === 'refreshed') {
      t.same(
        [errors.length, calls],
        [20, '2'],
        'the only copy of the new refresh token is lost: the user must sign in again'
      )
      t.match(errors[0], 'invalid_grant')
    } else {
      t.same([tokens.length, calls], [20, '1'], 'the result is stored')
    }
  }
})
