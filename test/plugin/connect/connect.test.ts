/** Connect mode: the app has users of its own, and each connects Google accounts. */
import t from 'tap'
import { ADA, CALENDAR, GRACE, KATHERINE, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('an owner connects two accounts, and uses both', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { of, connect, app } = await startConnectApp(t, google, { redis: redis.url, scopes: [CALENDAR, 'email'] })
  const ann = of('ann')
  t.equal((await connect(ann, ADA)).status, 200)
  t.equal((await connect(ann, GRACE)).status, 200)
  const accounts = (await ann.fetch('/accounts')).json()
  t.match(accounts, [
    { account: ADA.sub, email: ADA.email, isDefault: true, state: 'active' },
    { account: GRACE.sub, email: GRACE.email, isDefault: false, state: 'active' }
  ])
  t.same((await ann.fetch('/events')).json(), { status: 200, account: ADA.sub })
  t.same((await ann.fetch(`/events/${GRACE.sub}`)).json(), { status: 200, account: GRACE.sub })
  await app.googleAuth.makeDefault('ann', GRACE.sub)
  t.same((await ann.fetch('/events')).json(), { status: 200, account: GRACE.sub })
  t.match(await ann.fetch(`/events/${KATHERINE.sub}`), { status: 403 })
  t.equal((await of('bob').fetch('/events')).status, 403, 'another owner has none of them')
  t.equal(ann.session, undefined, 'there is no session')
})

t.test('whoever finishes must be the owner that was asked', async (t) => {
  const google = await startGoogle(t)
  const { of, browser, connect, app } = await startConnectApp(t, google)
  const ann = of('ann')
  const url = await ann.start()
  ann.cookies.set('user', { value: 'bob', attributes: {} })
  google.resetCounts()
  const back = await google.approve(url, { sub: ADA.sub })
  const reply = await ann.navigate(back.replace(/^https?:\/\/[^/]+/, ''))
  t.equal(reply.status, 403)
  t.match(reply.text, 'GOOGLE_AUTH_OWNER_MISMATCH')
  t.equal(google.count('token'), 0)
  t.same(await app.googleAuth.accounts('ann'), [])
  t.same(await app.googleAuth.accounts('bob'), [])
  t.equal((await browser().fetch('/auth/start')).status, 401)
  t.equal((await connect(ann, ADA)).status, 200, 'and starting again works')
})

t.test('the same account of two owners: each end is its own, and the last one reaches Google', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, { scopes: [CALENDAR] })
  const [ann, bob] = [of('ann'), of('bob')]
  await connect(ann, ADA)
  await connect(bob, ADA)
  t.same(await app.googleAuth.revoke('ann', ADA.sub), { revokedAtGoogle: false })
  t.equal((await bob.fetch('/events')).json().status, 200)
  t.same(await app.googleAuth.status('ann'), { state: 'none', scopes: [], hasRefreshToken: false })
  t.same(await app.googleAuth.revoke('bob', ADA.sub), { revokedAtGoogle: true })
  t.equal(google.grants(ADA.sub).refreshTokens, 0)
  t.same(await app.googleAuth.revoke('bob', ADA.sub), { revokedAtGoogle: false })
})
