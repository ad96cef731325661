/** Ends of grants while Google fails, races of a connect with the end of the last other grant, and idle grants. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { TokenRevokeError } from '../../../src/index.js'
import { CALENDAR } from '../../support/app.js'
import { startConnectFleet } from '../../support/connect-fleet.js'
import { eventually } from '../../support/redis.js'

const scopes = [CALENDAR]

t.test('Google fails at a disconnect, and the owner connects anew at once: the new grant lives', async (t) => {
  const fleet = await startConnectFleet(t)
  const { app, of, connect } = await fleet.start({ scopes })
  const account = fleet.account()
  const ann = of('ann')
  await connect(ann, account)
  fleet.google.failNext('revoke', { status: 503 })
  await t.rejects(app.googleAuth.revoke('ann', account.sub), TokenRevokeError)
  t.equal((await fleet.notes()).length, 1)
  t.equal((await connect(ann, account)).status, 200)
  await fleet.ended()
  t.ok(await fleet.call(app.googleAuth.clientFor('ann', account.sub)))
  t.ok(fleet.google.grants(account.sub).refreshTokens > 0)
  t.same(fleet.failed, [])
})

t.test('trouble at the look at another owner: the note stays, and the end is finished later', async (t) => {
  const fleet = await startConnectFleet(t)
  const { app, of, connect } = await fleet.start({ scopes })
  const account = fleet.account()
  for (const owner of ['ann', 'bob']) await connect(of(owner), account)
  const heal = fleet.google.failNext('token', { status: 503, headers: { 'retry-after': '60' }, times: 100 })
  await t.rejects(app.googleAuth.revoke('ann', account.sub), TokenRevokeError)
  t.equal((await fleet.notes()).length, 1)
  t.equal(fleet.google.count('revoke'), 0)
  heal()
  await fleet.ended()
  t.ok(await fleet.call(app.googleAuth.clientFor('bob', account.sub)), 'the other owner is untouched')
  t.same(fleet.failed, [])
})

t.test('Google fails until all tries are spent: the hook is told once, and the note is gone', async (t) => {
  const fleet = await startConnectFleet(t)
  const { app, of, connect } = await fleet.start({ scopes })
  const account = fleet.account()
  await connect(of('ann'), account)
  fleet.google.failNext('revoke', { status: 503, times: 100 })
  await t.rejects(app.googleAuth.revoke('ann', account.sub), TokenRevokeError)
  // An app that closes makes the further tries at once.
  await app.close()
  t.same(fleet.failed, [`ann ${account.sub}`])
  t.same(await fleet.notes(), [])
})

t.test('a connect while the last other owner disconnects works or is refused', async (t) => {
  const fleet = await startConnectFleet(t)
  const [one, other] = [await fleet.start({ scopes }), await fleet.start({ scopes })]
  const outcomes = await Promise.all(
    [0, 100, 200, 400, 600, 800].flatMap((afterMs) =>
      [true, false].map(async (isAfterEffect) => {
        const account = fleet.account()
        await one.connect(one.of('ann'), account)
        const bob = other.of('bob')
        const back = await fleet.google.approve(await bob.start(), account)
        fleet.google.failNext('revoke', { delayMs: 400, ...(isAfterEffect ? { afterEffect: true } : {}) })
        const end = one.app.googleAuth.revoke('ann', account.sub)
        await sleep(afterMs)
        const { status } = await bob.navigate(back.slice(bob.origin.length))
        await end
        await fleet.ended()
        const listed = await other.app.googleAuth.accounts('bob')
        const isListed = listed.some((held) => held.account === account.sub && held.state === 'active')
        const works = await fleet.call(other.app.googleAuth.clientFor('bob', account.sub)).catch(() => false)
        t.equal(isListed, status === 302, `${afterMs} ms later: ${status}`)
        t.equal(works, isListed, 'what is listed active works')
        return status
      })
    )
  )
  t.same(
    outcomes.filter((status) => status !== 302 && status !== 400),
    []
  )
})

t.test('three processes refresh idle grants at once, each grant once', async (t) => {
  const fleet = await startConnectFleet(t)
  const apps = await Promise.all([0, 1, 2].map(() => fleet.start({ scopes })))
  const [{ app, of, connect }] = apps as [(typeof apps)[0]]
  const accounts = Array.from({ length: 6 }, fleet.account)
  for (const account of accounts) await connect(of('ann'), account)
  fleet.google.resetCounts()
  const runs = await Promise.all(apps.map((one) => one.app.googleAuth.refreshIdle({ idleDays: 0 })))
  t.equal(fleet.google.count('token'), accounts.length)
  const sum = (name: 'checked' | 'refreshed' | 'lost' | 'failed'): number =>
    runs.reduce((all, counts) => all + counts[name], 0)
  t.same([sum('checked'), sum('refreshed'), sum('lost'), sum('failed')], [3 * accounts.length, accounts.length, 0, 0])
  t.same(await app.googleAuth.refreshIdle({ idleDays: 1 }), { checked: 6, refreshed: 0, lost: 0, failed: 0 })
  fleet.google.revokeGrant(accounts[0]!.sub)
  t.match(await app.googleAuth.refreshIdle({ idleDays: 0 }), { checked: 6, refreshed: 5, lost: 1 })
  t.match(await app.googleAuth.refreshIdle({ idleDays: 0 }), { checked: 6, refreshed: 5, lost: 0 })
  const stop = AbortSignal.abort()
  t.match(await app.googleAuth.refreshIdle({ idleDays: 0, signal: stop }), { checked: 0, refreshed: 0 })
})

t.test('commands of connect mode', async (t) => {
  const fleet = await startConnectFleet(t)
  const { of, connect } = await fleet.start({ scopes })
  const [one, two] = [fleet.account(), fleet.account()]
  const ann = of('ann')
  for (const account of [one, two]) await connect(ann, account)
  const monitor = await fleet.redis.client().monitor()
  t.teardown(() => monitor.disconnect())
  let seen: string[] = []
  monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
    if (source !== 'lua') seen.push(name)
  })
  const marker = fleet.redis.client()
  const commands = async (path: string): Promise<number> => {
    // The first run of a script sends its text.
    await ann.fetch(path)
    await marker.echo('before')
    await eventually(() => seen.includes('echo'))
    seen = []
    t.equal((await ann.fetch(path)).status, 200, path)
    await marker.echo('done')
    await eventually(() => seen.includes('echo'))
    return seen.filter((name) => !/echo|info|hello|client|ping/i.test(name)).length
  }
  t.ok((await commands('/events')) <= 2, 'a call through the default')
  t.ok((await commands(`/events/${two.sub}`)) <= 2, 'a call through a named account')
  t.ok((await commands('/calendar')) <= 2, 'a guard')
  t.ok((await commands(`/of/${two.sub}`)) <= 2, 'a guard of a named account')
  t.equal(await commands('/accounts'), 1, 'listing')
})
