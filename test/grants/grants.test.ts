/** The contract of a store of grants: in memory, in one Redis, and in a Cluster. */
import t from 'tap'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { memoryStorage } from '../../src/core/storage/memory.js'
import type { Grants } from '../../src/grants/grants.js'
import { memoryGrants } from '../../src/grants/memory.js'
import type { RedisClient } from '../../src/redis/commands.js'
import { connectRedis } from '../../src/redis/connection.js'
import { redisGrants, type RedisGrantsOptions } from '../../src/redis/grants.js'
import { redisKeys } from '../../src/redis/keys.js'
import { grantsContract, listed } from '../support/grants-contract.js'
import { startRedis } from '../support/redis.js'
import { startCluster } from '../support/redis-cluster.js'
import { clientNames } from '../support/user-storages.js'

const sealer = createSealer(['secret-of-at-least-32-characters-01'])(PURPOSE.credentials)
const client = clientNames('grants')

const open = (redis: RedisClient, options: Partial<RedisGrantsOptions> = {}): Grants =>
  redisGrants({ redis, sealer, client, keys: redisKeys(client), isOwn: () => false, ...options })

t.test('in memory', async (t) => {
  const grants = memoryGrants()
  grantsContract(t, { one: grants, other: grants })
})

t.test('in Redis', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  grantsContract(t, { one: open(server.client()), other: open(server.client()) })
})

t.test('in Redis, by clients of an app with a keyPrefix and other options', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const options = { keyPrefix: 'app[*]:', stringNumbers: true, enableAutoPipelining: true }
  grantsContract(t, { one: open(server.client(options)), other: open(server.client(options)) })
})

t.test('in Redis, with the records in a storage of the app', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const storageFor = memoryStorage()
  const inApp = { storageFor }
  const [one, other] = [open(server.client(), inApp), open(server.client(), inApp)]
  grantsContract(t, { one, other, pages: false })
  await t.rejects(listed(one), { name: 'TypeError', message: /option storage/ })
})

t.test('in a Cluster, with replicas that confirm', async (t) => {
  const cluster = await startCluster()
  t.teardown(() => cluster.stop())
  const connection = connectRedis(cluster.client(), 1)
  t.teardown(() => connection.close())
  const { redis, writer } = connection
  grantsContract(t, { one: open(redis, { writer, minReplicas: 1 }), other: open(cluster.client()) })
})
