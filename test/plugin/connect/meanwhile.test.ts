/** What happens while a connect is under way: the owner disconnects, connects twice, or Redis and Google fail. */
import t from 'tap'
import { memoryStorage, Token, type Storage, type StorageFor } from '../../../src/index.js'
import { createSealer, PURPOSE } from '../../../src/core/lib/sealing.js'
import { redisGrants } from '../../../src/redis/grants.js'
import { ACQUIRE } from '../../../src/redis/scripts/slot.js'
import { redisKeys } from '../../../src/redis/keys.js'
import { ADA, CALENDAR, SECRET, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'
import { eventually } from '../../support/redis.js'

const scopes = [CALENDAR, 'email']

/** Storages in memory, whose next updates end otherwise than asked: another caller was faster. */
function overtaken(...outcomes: ((storage: Storage) => Promise<Token | null>)[]): StorageFor {
  const records = memoryStorage()
  return (owner, account) => {
    const storage = records(owner, account)
    return {
      get: () => storage.get(),
      put: (token) => storage.put(token),
      delete: () => storage.delete(),
      async update(change, options) {
        const outcome = outcomes.shift()
        if (outcome === undefined) return storage.update(change, options)
        await change(await storage.get())
        return outcome(storage)
      }
    }
  }
}

t.test('the owner disconnects while the connect is stored: 400, and the fresh grant ends', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const storage = overtaken(async () => null)
  const { of, connect, app } = await startConnectApp(t, google, { redis: redis.url, storage, scopes })
  const page = await connect(of('ann'), ADA)
  t.equal(page.status, 400)
  t.match(page.text, 'GOOGLE_AUTH_EXCHANGE')
  await eventually(() => google.grants(ADA.sub).refreshTokens === 0)
  t.same(await app.googleAuth.accounts('ann'), [])
  t.equal((await connect(of('ann'), ADA)).status, 200, 'and connecting again works')
})

t.test(
  'an end that found nothing does not delete what is stored meanwhile, and leave it alive at Google',
  async (t) => {
    const google = await startGoogle(t)
    const redis = await startRedisFor(t)
    const client = redis.client()
    const { app } = await startConnectApp(t, google, { redis: client, scopes })
    const other = await startConnectApp(t, google, { redis: redis.url, scopes })
    const send = client.sendCommand.bind(client)
    let connecting: Promise<unknown> | undefined
    // The first step of a deletion waits until the other process has stored a grant.
    client.sendCommand = (command, stream) => {
      const isDeletion = command.args.includes(ACQUIRE.sha) || command.args.includes(ACQUIRE.text)
      if (!isDeletion || command.args[4] !== '' || connecting !== undefined) return send(command, stream)
      connecting = other.connect(other.of('ann'), ADA)
      const stored = eventually(async () => (await other.app.googleAuth.accounts('ann')).length > 0)
      void stored.then(() => send(command, stream))
      return command.promise
    }
    await app.googleAuth.revoke('ann', ADA.sub)
    t.ok(connecting)
    t.match(await connecting, { status: 400, text: 'GOOGLE_AUTH_EXCHANGE' })
    t.same(await app.googleAuth.accounts('ann'), [])
    await eventually(() => google.grants(ADA.sub).refreshTokens === 0)
    t.equal((await other.connect(other.of('ann'), ADA)).status, 200, 'and connecting again works')
  }
)

t.test('another connect of the same account was faster: this one is stored over it', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const faster = Token.from({ accessToken: 'ya29.faster', refreshToken: '1//faster', scopes: ['email'] })
  const storage = overtaken(async (slot) => {
    await slot.put(faster)
    return faster
  })
  const { of, connect } = await startConnectApp(t, google, { redis: redis.url, storage, scopes })
  const ann = of('ann')
  t.equal((await connect(ann, ADA)).status, 200)
  t.equal((await ann.fetch('/events')).json().status, 200)
})

t.test('two connects of one account at once both end well', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const apps = await Promise.all([0, 1].map(() => startConnectApp(t, google, { redis: redis.url, scopes })))
  for (let round = 0; round < 5; round++) {
    const replies = await Promise.all(apps.map(({ of, connect }) => connect(of('ann'), ADA)))
    t.same(
      replies.map(({ status }) => status),
      [200, 200]
    )
  }
  google.expireAccessTokens()
  t.equal((await apps[0]!.of('ann').fetch('/events')).json().status, 200)
})

t.test('a refusal while Redis is gone is still the answer', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const onConnect = async (): Promise<void> => {
    await redis.kill()
    throw Object.assign(new Error('Not this one'), { statusCode: 403 })
  }
  const { of, connect, log } = await startConnectApp(t, google, { redis: redis.url, onConnect })
  const page = await connect(of('ann'), ADA)
  t.equal(page.status, 403)
  t.match(page.text, 'Not this one')
  t.ok(
    log.some((line) => line.includes('has not ended at Google yet')),
    'and the log names what is left'
  )
})

t.test('a connect right after a revocation, with Google in trouble, is not refused', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, { scopes })
  await connect(of('ann'), ADA)
  t.same(await app.googleAuth.revoke('ann'), { revokedAtGoogle: true })
  let exchanges = 0
  // The exchange passes, and the refresh after it fails.
  const undo = google.failNext('token', { status: 503, times: 100, when: () => exchanges++ > 0 })
  t.equal((await connect(of('ann'), ADA)).status, 200)
  undo()
  t.equal((await of('ann').fetch('/events')).json().status, 200)
})

t.test('a note that does not open is told, and a note without a record is dropped', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const names = [google.issuer, google.clientSecrets.web.client_id] as const
  const keys = redisKeys(names)
  const admin = redis.client()
  const grantsBy = (secret: string) =>
    redisGrants({
      redis: admin,
      sealer: createSealer([secret])(PURPOSE.credentials),
      client: names,
      keys,
      isOwn: () => false
    })
  const grant = { owner: 'ann', account: ADA.sub }
  const token = Token.from({ accessToken: 'ya29.x', refreshToken: '1//x', scopes: [] })
  await grantsBy('a secret that nobody has any more, of forty characters').ends.note(grant, token)
  await grantsBy(SECRET).ends.note({ owner: 'bob', account: ADA.sub }, token)
  await admin.del(keys.ending({ owner: 'bob', account: ADA.sub }))
  await admin.zadd(keys.endings, 1, JSON.stringify(['bob', ADA.sub]))
  const failed: unknown[] = []
  await startConnectApp(t, google, {
    redis: redis.url,
    onRevokeFailed: (given, { reason }) => void failed.push([given, reason])
  })
  await eventually(async () => (await admin.zcard(keys.endings)) === 0)
  t.same(failed, [[grant, 'unreadable']])
  t.equal(google.count('revoke'), 0)
})
