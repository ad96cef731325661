import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { connectRedis } from '../../src/redis/connection.js'
import { redisKeys } from '../../src/redis/keys.js'
import { enterSignIn } from '../../src/sessions/sign-ins.js'
import { redisSessions } from '../../src/redis/sessions.js'
import { clientNames, userStorages } from '../support/user-storages.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { startCluster } from '../support/redis-cluster.js'
import { eventually } from '../support/redis.js'
import { Refreshes } from '../support/fleet-refreshes.js'
import { SignIns } from '../support/fleet-sign-ins.js'
import { storageContract, token } from '../support/storage-contract.js'

const sealer = createSealer(['secret-of-at-least-32-characters-01'])(PURPOSE.credentials)
const cluster = await startCluster()
t.teardown(() => cluster.stop())

const connection = connectRedis(cluster.client(), 1)
t.teardown(() => connection.close())
const { redis, writer } = connection
const confirmed = userStorages({ redis, writer, sealer, clientId: 'c', minReplicas: 1 })

t.test('contract, with slots on all nodes', async (t) => {
  const other = userStorages({ redis: cluster.client(), sealer, clientId: 'c' })
  let users = 0
  storageContract(t, () => {
    const user = `user-${users++}`
    return { one: confirmed(user), other: other(user) }
  })
})

t.test('sessions', async (t) => {
  const sessions = redisSessions({ redis, keys: redisKeys(clientNames('c')), maxPerUser: 2 })
  for (const id of ['a', 'b', 'c']) {
    await enterSignIn(sessions, 'ann', id, Date.now() + 60_000 + id.charCodeAt(0))
    await sessions.set(id, Buffer.from(id), 60_000)
  }
  t.equal(await sessions.signIns.move('ann', 'c', 'c', 'moved'), 'moved')
  const listed = (await sessions.signIns.list('ann')).map(({ sessionId }) => sessionId)
  t.same(listed.sort(), ['b', 'moved'])
  t.equal(await sessions.get('a', String), null)
  t.equal(await sessions.get('b', String), 'b')
})

t.test('a slot moves during writes: the client finds its new node', async (t) => {
  // A client that does not know the new owner: its pipelines are answered with MOVED.
  const stale = cluster.client()
  const storage = userStorages({ redis: stale, sealer, clientId: 'c', minReplicas: 1 })
  await storage('mover').put(token('a'))
  await Promise.all(
    cluster.replicas.map(async (replica) => {
      const client = replica.client()
      await client.call('CLUSTER', 'FAILOVER')
      await eventually(async () => (await client.info('replication')).includes('role:master'))
    })
  )
  await eventually(
    () =>
      storage('mover')
        .put(token('b'))
        .then(
          () => true,
          () => false
        ),
    5_000
  )
  t.equal((await storage('mover').get())?.accessToken, 'b')
  for (const user of ['u1', 'u2', 'u3', 'u4', 'u5', 'u6']) {
    await eventually(
      () =>
        storage(user)
          .put(token(user))
          .then(
            () => true,
            () => false
          ),
      5_000
    )
  }
})

t.test('a master is killed under load: no confirmed sign-in is lost, and no refresh token', async (t) => {
  const elsewhere = connectRedis(cluster.client(), 1)
  t.teardown(() => elsewhere.close())
  const other = userStorages({ ...elsewhere, sealer, clientId: 'c', minReplicas: 1 })
  const refreshes = new Refreshes([confirmed, other], 20)
  await eventually(() => refreshes.done > 100)
  const signIns = new SignIns(confirmed, 12)
  await sleep(500)
  const [, , last] = cluster.replicas // a master since the test before
  await last!.kill()
  const killedAt = performance.now()
  // Until it is back, the new master has no replica to confirm a write, so those sign-ins are refused.
  const successor = cluster.masters[2]!.client()
  await eventually(async () => (await successor.info('replication')).includes('role:master'))
  const failover = Math.round(performance.now() - killedAt)
  await last!.restart()
  await signIns.allWorkAgain()
  const outage = Math.round(performance.now() - killedAt)
  await sleep(500)
  await signIns.stop()
  const lost = await signIns.lost(confirmed)
  t.same(lost, [])
  t.ok(
    signIns.confirmed > 100,
    `${signIns.confirmed} confirmed, ${signIns.refused} refused, failover ${failover} ms, all well after ${outage} ms`
  )
  t.ok(signIns.slowest < 2_000, `the slowest answer took ${Math.round(signIns.slowest)} ms`)
  t.same(signIns.strangeErrors, [])
  await refreshes.stop()
  t.same([...refreshes.lost], [], `${refreshes.done} refreshes`)
  await refreshes.allStored(confirmed)
  t.same(refreshes.strangeErrors, [])
})
