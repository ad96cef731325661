/** What an attacker tries in connect mode: mailed links, swapped cookies, strange names, records at a foreign key. */
import t from 'tap'
import { redisKeys } from '../../../src/redis/keys.js'
import { ADA, CALENDAR, GRACE, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('attempts of two browsers, with their cookies swapped', async (t) => {
  const google = await startGoogle(t)
  const { of, app } = await startConnectApp(t, google)
  const [ann, bob] = [of('ann'), of('bob')]
  const url = await ann.start()
  const other = await bob.start()
  const name = (browser: typeof ann): string => browser.cookieNames('attempt')[0]!
  const [mine, theirs] = [ann.cookies.get(name(ann))!, bob.cookies.get(name(bob))!]
  ann.cookies.set(name(ann), theirs)
  bob.cookies.set(name(ann), mine)
  google.resetCounts()
  for (const [browser, at] of [
    [ann, url],
    [bob, url],
    [ann, other]
  ] as const) {
    const back = await google.approve(at, ADA)
    const { status } = await browser.navigate(back.slice(browser.origin.length))
    t.ok(status === 400 || status === 403 || status === 302, String(status))
  }
  t.equal(google.count('token'), 0, 'nothing was exchanged')
  for (const owner of ['ann', 'bob']) t.same(await app.googleAuth.accounts(owner), [])
})

t.test('an owner that is no name is an error of the app, and no shared owner', async (t) => {
  const google = await startGoogle(t)
  for (const answer of [Promise.resolve('ann'), '', 7, 'x'.repeat(300), {}, '\ud800']) {
    const { browser } = await startConnectApp(t, google, { owner: () => answer as string })
    for (const path of ['/auth/start', '/accounts', '/events', '/connected'])
      t.equal((await browser().fetch(path)).status, 500, `${typeof answer} at ${path}`)
    t.equal((await browser().fetch('/auth/revoke', { method: 'POST' })).status, 500)
  }
})

t.test('owners with strange names have grants of their own', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  let owner = ''
  const { app, browser, connect } = await startConnectApp(t, google, { redis: redis.url, owner: () => owner })
  const names = ['__proto__', 'constructor', '{a}', '%7Ba%7D', 'a:b', 'a%3Ab', '*', 'é ✓']
  for (owner of names) t.equal((await connect(browser(), ADA)).status, 200, owner)
  for (const name of names) t.match(await app.googleAuth.accounts(name), [{ account: ADA.sub }], name)
  const listed: string[] = []
  for await (const grant of app.googleAuth.grants()) listed.push(grant.owner)
  t.same(listed.sort(), [...names].sort())
  await app.googleAuth.revoke('{a}')
  t.equal((await app.googleAuth.accounts('%7Ba%7D')).length, 1, 'the escaped name is another owner')
})

t.test('garbage at /auth/revoke ends nothing', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google)
  const ann = of('ann')
  await connect(ann, ADA)
  for (const account of ['', 'unknown', 'x'.repeat(300), '%7B%7D', '__proto__', GRACE.sub])
    t.equal((await ann.fetch(`/auth/revoke?account=${account}`, { method: 'POST' })).status, 204, account)
  t.equal((await app.googleAuth.accounts('ann')).length, 1)
  t.equal(google.count('revoke'), 0)
})

t.test(
  'records and notes at the key of another owner do not open, and an entry without a record is not listed',
  async (t) => {
    const google = await startGoogle(t)
    const redis = await startRedisFor(t)
    const { of, connect, app } = await startConnectApp(t, google, { redis: redis.url, scopes: [CALENDAR] })
    await connect(of('ann'), ADA)
    const client = redis.client()
    const keys = redisKeys([google.issuer, google.clientSecrets.web.client_id])
    const grant = (owner: string) => ({ owner, account: ADA.sub })
    const index = keys.accounts('bob').index
    await client.zadd(index, 1, GRACE.sub)
    t.same(await app.googleAuth.accounts('bob'), [])
    await client.zadd(index, 1, ADA.sub)
    const record = (await client.getBuffer(keys.grant(grant('ann')).record))!
    await client.set(keys.grant(grant('bob')).record, record)
    t.match(await app.googleAuth.accounts('bob'), [{ account: ADA.sub, state: 'lost', reason: 'unreadable' }])
    google.resetCounts()
    t.equal((await of('bob').fetch('/events')).status, 401)
    t.equal(google.count('api'), 0)
    await client.set(keys.ending(grant('bob')), record.subarray(22))
    await client.del(keys.grant(grant('bob')).record)
    await app.googleAuth.revoke('bob', ADA.sub).catch(() => undefined)
    t.equal(google.count('revoke'), 0, 'a planted note ends nothing')
    t.equal((await of('ann').fetch('/events')).json().status, 200)
  }
)
