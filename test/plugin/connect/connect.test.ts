/** Connect mode: the app has users of its own, and each connects Google accounts. */
import t from 'tap'
import { ADA, CALENDAR, GRACE, KATHERINE, startApp, startGoogle, startRedisFor } from '../../support/app.js'
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

t.test('a double click and the back button connect once', async (t) => {
  const google = await startGoogle(t)
  let told = 0
  const { of, app } = await startConnectApp(t, google, {
    onConnect: () => {
      told++
    }
  })
  const ann = of('ann')
  const back = new URL(await google.approve(await ann.start(), { sub: ADA.sub }))
  const path = back.pathname + back.search
  const other = ann.copy()
  const replies = await Promise.all([ann.navigate(path), other.navigate(path)])
  t.same(
    replies.map(({ status, location }) => [status, location]),
    [
      [302, '/'],
      [302, '/']
    ]
  )
  t.equal(told, 1)
  t.equal((await app.googleAuth.accounts('ann')).length, 1)
  t.match(await ann.navigate(path), { status: 302, location: '/' }, 'the back button')
})

t.test('an attempt of another kind connects nothing', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const signIn = await startApp(t, google, { options: { redis: redis.url } })
  const connecting = await startConnectApp(t, google, {
    redis: redis.url,
    redirectUri: `${signIn.origin}/auth/return`
  })
  const browser = signIn.browser()
  const back = new URL(await google.approve(await browser.start(), { sub: ADA.sub }))
  const ann = connecting.of('ann')
  for (const [name, cookie] of browser.cookies) ann.cookies.set(name, cookie)
  google.resetCounts()
  const reply = await ann.navigate(back.pathname + back.search)
  t.equal(reply.status, 403)
  t.match(reply.text, 'GOOGLE_AUTH_OWNER_MISMATCH')
  t.equal(google.count('token'), 0)
})
