import { randomBytes } from 'node:crypto'
import t from 'tap'
import { createSealer, PURPOSE } from '../../src/storage/sealing.js'
import { redisStorage } from '../../src/storage/redis.js'
import { startRedis } from '../support/redis.js'
import { storageContract } from '../support/storage-contract.js'

const server = await startRedis()
t.teardown(() => server.stop())
const sealer = createSealer(['s'.repeat(32)])(PURPOSE.credentials)
const options = { sealer, clientId: 'client-1' }

t.test('contract, with two factories as two processes', async (t) => {
  const one = redisStorage({ ...options, redis: server.client() })
  const other = redisStorage({ ...options, redis: server.client() })
  storageContract(t, () => {
    const user = randomBytes(8).toString('hex')
    return { one: one(user), other: other(user) }
  })
})
