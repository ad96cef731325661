import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import t from 'tap'
import { redisClaims } from '../../src/redis/claims.js'
import { redisKeys } from '../../src/redis/keys.js'
import { startRedis } from '../support/redis.js'

const keys = redisKeys(['issuer', 'client'])
const server = await startRedis()
t.teardown(() => server.stop())

t.test('a claim is for one, and tells what came of it', async (t) => {
  const claims = redisClaims(server.client(), keys.claim)
  t.equal(await claims.outcome('a'), null)
  t.equal(await claims.claim('a', 60_000), true)
  t.equal(await claims.claim('a', 60_000), false)
  t.equal(await claims.outcome('a'), 'open')
  await claims.settle('a', Buffer.from([1, 2]), 60_000)
  t.same(await claims.outcome('a'), Buffer.from([1, 2]))
  t.equal(await claims.claim('a', 60_000), false)
})

t.test('a claim that the client sends twice is still its own', async (t) => {
  let cuts = 0
  // Forwards a claim, and drops the connection when Redis has answered it.
  const proxy = createServer((client) => {
    const redis = connect(server.port, '127.0.0.1')
    let isCut = false
    client.on('data', (bytes) => {
      redis.write(bytes)
      if (cuts > 0 || !bytes.includes('NX')) return
      cuts++
      isCut = true
    })
    redis.on('data', (bytes) => (isCut ? client.destroy() : client.write(bytes)))
    for (const [one, other] of [
      [client, redis],
      [redis, client]
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const client = new Redis((proxy.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => {
    client.disconnect()
    proxy.close()
  })
  const claims = redisClaims(client, keys.claim)
  await client.ping() // so that no answer to what opens the connection is under way
  t.equal(await claims.claim('b', 60_000), true)
  t.equal(cuts, 1)
  t.equal(await claims.claim('b', 60_000), false)
})
