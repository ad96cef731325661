/** Revocations while Google fails, or while the record does not open. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ADA, startApp, startGoogle, startRedisFor } from '../../support/app.js'

t.test('revoked while Google fails, and signed in again at once', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const failures: unknown[] = []
  const { signedIn, app } = await startApp(t, google, {
    options: { onRevokeFailed: (grant) => void failures.push(grant) }
  })
  const ada = await signedIn()
  const undo = google.failNext('revoke', { status: 503, times: 99 })
  t.equal((await ada.submit('/auth/revoke')).status, 303)
  await ada.visit(google, '/events', ADA)
  undo()
  google.resetCounts()
  await sleep(2_500)
  t.equal(google.count('revoke'), 0, 'the retry does not end the new grant')
  t.match((await ada.fetch('/events')).json(), { status: 200 })
  t.ok((await app.googleAuth.storageFor(ADA.sub).get())?.refreshToken)
  t.same(failures, [])
})

t.test('onRevokeFailed is told about a record that does not open', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const failures: unknown[] = []
  const { signedIn, app } = await startApp(t, google, {
    options: {
      redis: redis.url,
      onRevokeFailed: (grant, { code, reason }) => void failures.push([grant, code, reason])
    }
  })
  const ada = await signedIn()
  const client = redis.client()
  const [key = ''] = await client.keys('*:grant:*')
  await client.set(key, 'garbage')
  t.equal((await ada.fetch('/auth/revoke', { method: 'POST' })).status, 204)
  const told = [{ owner: ADA.sub, account: ADA.sub }, 'GOOGLE_AUTH_REVOKE', 'unreadable']
  t.same(failures, [told])
  t.equal(google.count('revoke'), 0, 'the token is not known')
  await ada.visit(google, '/me', ADA)
  await client.set(key, 'garbage')
  await t.rejects(app.googleAuth.revoke(ADA.sub), { code: 'GOOGLE_AUTH_REVOKE', reason: 'unreadable' })
  t.same(failures, [told, told])
  t.equal(await client.exists(key), 0, 'it is gone here')
})

t.test('an issuer without a revocation endpoint is not asked', async (t) => {
  const google = await startGoogle(t)
  google.tamper({ discovery: (metadata) => Reflect.deleteProperty(metadata, 'revocation_endpoint') })
  const failures: unknown[] = []
  const { signedIn, app } = await startApp(t, google, {
    options: { onRevokeFailed: (grant) => void failures.push(grant) }
  })
  const ada = await signedIn()
  await app.googleAuth.revoke(ADA.sub)
  t.equal((await ada.fetch('/me')).status, 401)
  t.equal(await app.googleAuth.storageFor(ADA.sub).get(), null)
  t.same(failures, [])
})

t.test('app.close() waits for a refresh that is not stored yet', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t, { rotateRefreshTokens: true })
  const redis = await startRedisFor(t)
  const { signedIn, app, port } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = await signedIn()
  await ada.visit(google, '/events', ADA)
  google.expireAccessTokens(ADA.sub)
  google.failNext('token', { delayMs: 500 })
  const underWay = ada.fetch('/events')
  await sleep(250)
  redis.freeze()
  t.equal((await underWay).status, 503)
  const closed = app.close()
  await sleep(500)
  redis.thaw()
  await closed
  const again = await startApp(t, google, { port, options: { redis: redis.url } })
  t.match((await ada.fetch('/events')).json(), { status: 200 }, 'the rotated refresh token was stored')
  t.ok(again)
})
