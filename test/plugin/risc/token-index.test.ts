/** The index of refresh tokens: written before the record, renewed with it, believed only with it, and silent about tokens. */
import { createHash } from 'node:crypto'
import t from 'tap'
import { StorageError } from '../../../src/core/errors/storage.js'
import { tokenNames } from '../../../src/core/risc/token-names.js'
import { memoryGrants } from '../../../src/grants/memory.js'
import { RECORD_LIFE_MS } from '../../../src/grants/grants.js'
import { memoryTokenIndex } from '../../../src/grants/token-index.js'
import { grantsWithTokenIndex } from '../../../src/grants/with-token-index.js'
import { Token } from '../../../src/index.js'
import { ADA, CALENDAR, EVENTS_PATH, SECRET, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { startCluster } from '../../support/redis-cluster.js'
import { commandsDuring } from '../../support/redis.js'
import { startRiscApp, startRiscConnectApp } from '../../support/risc.js'

const google = await startGoogle(t)
const GRANT = { owner: 'ann', account: 'a' }
const token = (refreshToken: string): Token => Token.from({ accessToken: 'ya29.x', refreshToken, scopes: [] })

t.test('a dump of Redis shows no token, no prefix and no plain hash of one', async (t) => {
  const redis = await startRedisFor(t)
  const { app, of, connect } = await startRiscConnectApp(t, google, { redis: redis.url })
  await connect(of('ann'), ADA)
  google.expireAccessTokens()
  await of('ann').fetch('/events')
  const { refreshToken = '', accessToken } = (await app.googleAuth.storageFor('ann').get())!
  const client = redis.client()
  const keys = await client.keys('*')
  t.equal(keys.filter((key) => key.includes(':token:')).length, 2, 'both names are entered')
  const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)))
  const entries = await Promise.all(
    keys.filter((key) => key.includes(':token:')).map((key) => client.zrange(key, '0', '-1'))
  )
  t.same(entries, [[JSON.stringify(['ann', ADA.sub])], [JSON.stringify(['ann', ADA.sub])]])
  const dump = Buffer.concat([...keys.map((key) => Buffer.from(key)), ...values.map((value) => value)])
  const prefix = refreshToken.slice(0, 16)
  const hashes = [prefix, refreshToken].flatMap((text) =>
    ['sha1', 'sha256', 'sha512'].flatMap((algorithm) => {
      const once = createHash(algorithm).update(text).digest()
      return [once, createHash(algorithm).update(once).digest()]
    })
  )
  const forms = hashes.flatMap((hash) => [
    hash,
    ...(['hex', 'base64', 'base64url'] as const).map((encoding) => Buffer.from(hash.toString(encoding)))
  ])
  t.ok(dump.includes(ADA.sub), 'the search finds what is there')
  for (const text of [refreshToken, prefix, accessToken, ...forms]) t.notOk(dump.includes(text))
})

t.test(
  'without the option no index is written and no command is sent; with it, a refresh renews both entries',
  async (t) => {
    const redis = await startRedisFor(t)
    const refreshed = async (options: object): Promise<Record<string, number>> => {
      const { app, signedIn } = await startApp(t, google, {
        options: { redis: redis.url, scopes: [CALENDAR, 'email'], ...options }
      })
      await signedIn(ADA)
      google.expireAccessTokens()
      return commandsDuring(redis, () => app.googleAuth.clientFor(ADA.sub).fetch(google.apiOrigin + EVENTS_PATH))
    }
    await refreshed({}) // sends the scripts
    const without = await refreshed({})
    t.same(await redis.client().keys('*:token:*'), [])
    await refreshed({ risc: true })
    const withRisc = await refreshed({ risc: true })
    const { zadd = 0, zremrangebyscore = 0, pexpire = 0, ...others } = withRisc
    t.same([zadd, zremrangebyscore, pexpire], [2, 2, 2])
    t.same(others['evalsha'], (without['evalsha'] ?? 0) + 2)
    t.notOk(without['zadd'])
    t.equal((await redis.client().keys('*:token:*')).length > 0, true)
  }
)

t.test('a grant from before the option was on is found after its next refresh', async (t) => {
  const redis = await startRedisFor(t)
  const before = await startRiscApp(t, google, { redis: redis.url, risc: false })
  await before.signedIn(ADA)
  const { app } = await startRiscApp(t, google, { redis: redis.url })
  const { refreshToken = '' } = (await app.googleAuth.storageFor(ADA.sub).get())!
  t.equal((await google.risc.send('token-revoked', { refreshToken })).status, 202)
  t.match(await app.googleAuth.status(ADA.sub), { state: 'active' })
  google.expireAccessTokens()
  await app.googleAuth.clientFor(ADA.sub).fetch(google.apiOrigin + EVENTS_PATH)
  t.equal((await google.risc.send('token-revoked', { refreshToken })).status, 202)
  t.match(await app.googleAuth.status(ADA.sub), { state: 'lost' })
})

t.test('a new secret in front: entries of the old one are found', async (t) => {
  const redis = await startRedisFor(t)
  await (await startRiscApp(t, google, { redis: redis.url })).signedIn(ADA)
  const secret = ['a new secret, of more than thirty-two characters', SECRET]
  const { app } = await startRiscApp(t, google, { redis: redis.url, secret })
  t.equal((await google.risc.send('token-revoked', { sub: ADA.sub, tokenIdentifierAlg: 'prefix' })).status, 202)
  t.match(await app.googleAuth.status(ADA.sub), { state: 'lost' })
})

t.test('on a Cluster, where record and entries lie in different slots', async (t) => {
  const cluster = await startCluster()
  t.teardown(() => cluster.stop())
  const { app, of, connect } = await startRiscConnectApp(t, google, { redis: cluster.client() })
  for (const tokenIdentifierAlg of ['prefix', 'hash_base64_sha512_sha512'] as const) {
    await connect(of('ann'), ADA)
    const { refreshToken = '' } = (await app.googleAuth.storageFor('ann').get())!
    const sent = await google.risc.send('token-revoked', { refreshToken, tokenIdentifierAlg })
    t.equal(sent.status, 202)
    t.match(await app.googleAuth.status('ann'), { state: 'lost', reason: 'token-revoked' })
  }
})

t.test(
  'the entry comes before the record; when it cannot be written, a new grant is not stored and a refreshed one is',
  async (t) => {
    const index = memoryTokenIndex()
    const seen: string[] = []
    const failed: unknown[] = []
    let error: Error | undefined
    const records = memoryGrants()
    const names = tokenNames(['x'.repeat(32)])
    const grants = grantsWithTokenIndex(
      records,
      {
        async enter(...args) {
          if (error) throw error
          seen.push((await records.storageFor('ann', 'a').get())?.refreshToken ?? 'nothing')
          await index.enter(...args)
        },
        find: (list) => index.find(list)
      },
      names,
      (thrown, grant) => void failed.push([thrown, grant])
    )
    const storage = grants.storageFor('ann', 'a')
    await storage.put(token('1//first'))
    await grants.store(GRANT, () => token('1//second'))
    await grants.callStorageFor('ann', 'a').update(() => token('1//third'))
    t.same(seen, ['nothing', '1//first', '1//second'])
    await storage.update((current) => current)
    await storage.put(Token.from({ accessToken: 'ya29.y', scopes: [] }))
    t.equal(seen.length, 3, 'nothing to enter')

    error = new StorageError()
    await storage.update(() => token('1//fourth'))
    t.equal((await storage.get())?.refreshToken, '1//fourth')
    t.same(failed, [[error, GRANT]])
    await t.rejects(storage.put(token('1//fifth')), { code: 'GOOGLE_AUTH_STORAGE' })
    await storage.delete()
    await t.rejects(
      storage.update(() => token('1//fifth')),
      { code: 'GOOGLE_AUTH_STORAGE' }
    )
    t.equal(await storage.get(), null)
    error = new Error('a mistake')
    await records.storageFor('ann', 'a').put(token('1//sixth'))
    await t.rejects(
      storage.update(() => token('1//seventh')),
      error
    )
    t.same(await grants.list('ann').then(([held]) => held?.account), 'a')
    t.equal(await grants.defaultAccount('ann'), 'a')
    t.equal(await grants.makeDefault('ann', 'a'), true)
    for await (const page of grants.pages()) t.same(page, [GRANT])
  }
)

t.test('in memory an entry lives as long as a record', async (t) => {
  let now = 0
  const index = memoryTokenIndex(() => now)
  await index.enter(['x', 'y'], GRANT)
  await index.enter(['x'], { owner: 'bob', account: 'a' })
  t.equal((await index.find(['x'])).length, 2)
  now = RECORD_LIFE_MS - 1
  t.same(await index.find(['y', 'z']), [GRANT])
  now++
  t.same(await index.find(['x', 'y']), [])
})
