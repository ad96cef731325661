/** The cache in connect mode: the default account of an owner is kept as records are. */
import t from 'tap'
import { ADA, CALENDAR, GRACE, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'
import type { Browser } from '../../support/jar.js'
import { commandsDuring, eventually } from '../../support/redis.js'

t.test('a warm call through the default account asks Redis nothing, and each change of it counts', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const options = { redis: redis.url, cache: true, scopes: [CALENDAR, 'email'] }
  const here = await startConnectApp(t, google, options)
  const there = await startConnectApp(t, google, options)
  const [ann, same] = [here.of('ann'), there.of('ann')]
  const accountOf = async (browser: Browser): Promise<unknown> => {
    const reply = (await browser.fetch('/events')).json() as { account?: string; code?: string }
    return reply.account ?? reply.code
  }
  const both = async (account: string): Promise<void> => {
    t.equal(await accountOf(ann), account, 'here at once')
    await eventually(async () => (await accountOf(same)) === account)
  }
  await both('GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED')
  await here.connect(ann, ADA)
  await both(ADA.sub)
  for (const path of ['/events', '/calendar', `/events/${ADA.sub}`])
    t.same(await commandsDuring(redis, () => ann.fetch(path)), {}, path)
  await here.connect(ann, GRACE)
  await both(ADA.sub)
  await here.app.googleAuth.makeDefault('ann', GRACE.sub)
  await both(GRACE.sub)
  await here.app.googleAuth.revoke('ann', GRACE.sub)
  await both(ADA.sub)
  await here.app.googleAuth.storageFor('ann', ADA.sub).delete()
  await both('GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED')
})
