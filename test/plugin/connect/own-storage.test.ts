/** The option `storage`: records lie elsewhere, and the list of accounts needs Redis. */
import t from 'tap'
import { memoryStorage } from '../../../src/index.js'
import { ADA, GRACE, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('without Redis, a signed-in user has the own account, and cannot add one', async (t) => {
  const google = await startGoogle(t)
  const storage = memoryStorage()
  const { app, signedIn } = await startApp(t, google, { options: { storage } })
  const ada = await signedIn()
  t.match(await app.googleAuth.accounts(ADA.sub), [{ account: ADA.sub, isDefault: true, state: 'active' }])
  t.equal((await ada.fetch('/auth/start?connect=1')).status, 500)
  t.match((await app.inject('/')).statusCode, 200)
  const again = await startApp(t, google, { options: { storage } })
  t.match(await again.app.googleAuth.accounts(ADA.sub), [{ account: ADA.sub }], 'also in another app')
  const listing = again.app.googleAuth.grants()[Symbol.asyncIterator]()
  await t.rejects(Promise.resolve(listing.next()), { name: 'TypeError', message: /Remove the option storage/ })
  t.same(await again.app.googleAuth.revoke(ADA.sub), { revokedAtGoogle: true })
  t.equal(await storage(ADA.sub, ADA.sub).get(), null)
})

t.test('with Redis, owners have several accounts', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const storage = memoryStorage()
  const { app, of, connect } = await startConnectApp(t, google, { storage, redis: redis.url })
  const ann = of('ann')
  await connect(ann, ADA)
  await connect(ann, GRACE)
  t.match(await app.googleAuth.accounts('ann'), [{ account: ADA.sub }, { account: GRACE.sub }])
  t.ok(await storage('ann', GRACE.sub).get())
  t.same(await app.googleAuth.revoke('ann'), { revokedAtGoogle: true })
  t.same(await app.googleAuth.accounts('ann'), [])
})
