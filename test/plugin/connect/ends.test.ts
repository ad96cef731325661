/** The end of a grant: at Google only when nobody else has the account, and finished whatever happens in between. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createSealer, PURPOSE } from '../../../src/core/lib/sealing.js'
import { redisGrants } from '../../../src/redis/grants.js'
import { redisKeys } from '../../../src/redis/keys.js'
import { Token } from '../../../src/index.js'
import { ADA, CALENDAR, GRACE, SECRET, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'
import { eventually as until } from '../../support/redis.js'

const OPTIONS = { scopes: [CALENDAR, 'email'] }
const EMPTY = { state: 'none', scopes: [], hasRefreshToken: false }

t.test('with Google in trouble: gone here at once, and a new grant is not ended later', async (t) => {
  const google = await startGoogle(t)
  const failed: unknown[] = []
  const { of, connect, app } = await startConnectApp(t, google, {
    ...OPTIONS,
    onRevokeFailed: (grant) => void failed.push(grant)
  })
  const ann = of('ann')
  await connect(ann, ADA)
  const undo = google.failNext('revoke', { status: 503, times: 100 })
  await t.rejects(app.googleAuth.revoke('ann', ADA.sub), { code: 'GOOGLE_AUTH_REVOKE' })
  t.same(await app.googleAuth.status('ann', ADA.sub), EMPTY)
  undo()
  t.equal((await connect(ann, ADA)).status, 200)
  await sleep(2_500)
  t.equal((await ann.fetch('/events')).json().status, 200)
  google.expireAccessTokens()
  t.equal((await ann.fetch('/events')).json().status, 200, 'its refresh token lives')
  t.same(failed, [])
  t.same(await app.googleAuth.revoke('ann'), { revokedAtGoogle: true })
})

t.test('when Google never confirms, onRevokeFailed is told once', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const failed: unknown[] = []
  const options = { ...OPTIONS, redis: redis.url, onRevokeFailed: (grant: unknown) => void failed.push(grant) }
  const { of, connect, app } = await startConnectApp(t, google, options)
  const ann = of('ann')
  await connect(ann, ADA)
  google.failNext('revoke', { status: 503, times: 100 })
  t.equal((await ann.fetch('/auth/revoke', { method: 'POST' })).status, 204)
  t.same(failed, [])
  // A closing app does not wait between its tries.
  await app.close()
  t.same(failed, [{ owner: 'ann', account: ADA.sub }])
  const client = redis.client()
  t.same(await client.keys('*ending*'), [], 'and the note is gone')
})

t.test('before the answer is false, another owner’s grant has been seen to work', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, OPTIONS)
  await connect(of('ann'), ADA)
  await connect(of('bob'), ADA)
  const undo = google.failNext('token', { status: 400, body: { error: 'invalid_client' }, times: 100 })
  await t.rejects(app.googleAuth.revoke('ann'), { code: 'GOOGLE_AUTH_REVOKE' })
  t.equal(google.count('revoke'), 0)
  t.same(await app.googleAuth.status('ann', ADA.sub), EMPTY)
  undo()
  await sleep(2_000)
  t.equal(google.count('revoke'), 0, 'the retry finds that bob has it')
  t.equal((await of('bob').fetch('/events')).json().status, 200)
})

t.test('a grant of another owner that is dead does not count', async (t) => {
  const google = await startGoogle(t)
  const lost: unknown[] = []
  const { of, connect, app } = await startConnectApp(t, google, {
    ...OPTIONS,
    onGrantLost: (grant) => void lost.push(grant)
  })
  await connect(of('bob'), ADA)
  google.revokeGrant(ADA.sub)
  await connect(of('ann'), ADA)
  t.same(await app.googleAuth.revoke('ann'), { revokedAtGoogle: true })
  t.same(lost, [{ owner: 'bob', account: ADA.sub }])
  t.match(await app.googleAuth.status('bob'), { state: 'lost' })
})

t.test('an end that a crash cut short is finished by the next start', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const options = { ...OPTIONS, redis: redis.url }
  const first = await startConnectApp(t, google, options)
  await first.connect(first.of('ann'), ADA)
  const client = redis.client()
  const names = [google.issuer, google.clientSecrets.web.client_id] as const
  const sealer = createSealer([SECRET])(PURPOSE.credentials)
  const grants = redisGrants({ redis: client, sealer, client: names, keys: redisKeys(names), isOwn: () => false })
  const grant = { owner: 'ann', account: ADA.sub }
  const token = await grants.storageFor('ann', ADA.sub).get()
  // Killed after the note, before the record was deleted.
  await grants.ends.note(grant, token as Token)
  const second = await startConnectApp(t, google, options)
  await until(() => google.count('revoke') > 0)
  t.equal(google.grants(ADA.sub).refreshTokens, 0)
  await until(async () => (await grants.ends.unfinished(0)).length === 0)
  t.same(await second.app.googleAuth.status('ann', ADA.sub), EMPTY)

  // Killed after the record was deleted; the account has been connected anew since.
  await second.connect(second.of('ann'), ADA)
  await grants.ends.note(grant, Token.from({ accessToken: 'ya29.before', refreshToken: '1//before', scopes: [] }))
  google.resetCounts()
  await second.app.googleAuth.refreshIdle({ idleDays: 365 })
  await until(async () => (await grants.ends.unfinished(0)).length === 0)
  t.equal(google.count('revoke'), 0)
  t.match(await second.app.googleAuth.status('ann', ADA.sub), { state: 'active' })
})

t.test('a record that does not open ends here, and onRevokeFailed is told', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const failed: unknown[] = []
  const first = await startConnectApp(t, google, { ...OPTIONS, redis: redis.url })
  await first.connect(first.of('ann'), ADA)
  const second = await startConnectApp(t, google, {
    ...OPTIONS,
    redis: redis.url,
    secret: 'another secret, of more than thirty-two characters',
    onRevokeFailed: (grant, { reason }) => void failed.push([grant, reason])
  })
  t.match(await second.app.googleAuth.status('ann'), { state: 'lost', reason: 'unreadable' })
  t.match(await second.app.googleAuth.accounts('ann'), [{ account: ADA.sub, state: 'lost', reason: 'unreadable' }])
  await t.rejects(second.app.googleAuth.revoke('ann'), { code: 'GOOGLE_AUTH_REVOKE', reason: 'unreadable' })
  t.same(failed, [[{ owner: 'ann', account: ADA.sub }, 'unreadable']])
  t.same(await second.app.googleAuth.accounts('ann'), [])
})

for (const afterEffect of [true, false]) {
  t.test(`connecting while the last other owner disconnects, afterEffect: ${afterEffect}`, async (t) => {
    const google = await startGoogle(t)
    const redis = await startRedisFor(t)
    const options = { ...OPTIONS, redis: redis.url }
    const [one, other] = [await startConnectApp(t, google, options), await startConnectApp(t, google, options)]
    await one.connect(one.of('ann'), ADA)
    for (const delayMs of [0, 20, 100, 300]) {
      await one.connect(one.of('ann'), ADA)
      const bob = other.of('bob')
      const back = new URL(await google.approve(await bob.start(), { sub: ADA.sub }))
      const fault = { delayMs: 250, times: 1, ...(afterEffect ? { afterEffect } : {}) } as const
      const undo = google.failNext('revoke', fault)
      const ending = one.app.googleAuth.revoke('ann', ADA.sub)
      await sleep(delayMs)
      const reply = await bob.navigate(back.pathname + back.search)
      await ending.catch(() => undefined)
      undo()
      const listed = await other.app.googleAuth.accounts('bob')
      if (reply.status === 302) {
        google.expireAccessTokens()
        t.equal((await bob.fetch('/events')).json().status, 200, `after ${delayMs} ms it works`)
      } else {
        t.equal(reply.status, 400, `after ${delayMs} ms it is refused`)
        t.same(listed, [])
      }
      await other.app.googleAuth.revoke('bob').catch(() => undefined)
    }
  })
}

t.test('a silent Google holds up all accounts of an owner together, and not one after another', async (t) => {
  const google = await startGoogle(t)
  const { app, of, connect } = await startConnectApp(t, google)
  for (const account of [ADA, GRACE]) await connect(of('ann'), account)
  google.resetCounts()
  const answer = google.failNext('revoke', { hang: true, times: 2 })
  const ended = app.googleAuth.revoke('ann')
  // Less than the time limit of one call.
  await until(() => google.count('revoke') === 2, 4_000)
  answer()
  await ended.catch((error: unknown) => t.match(error, { code: 'GOOGLE_AUTH_REVOKE' }))
  t.same(await app.googleAuth.accounts('ann'), [])
})
