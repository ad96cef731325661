/** Three apps on one Redis refresh idle grants, and what connect mode costs in Redis. */
import t from 'tap'
import { CALENDAR } from '../../support/app.js'
import { startConnectFleet } from '../../support/connect-fleet.js'
import { eventually } from '../../support/redis.js'

const scopes = [CALENDAR]

t.test('three apps on one Redis refresh idle grants at once, each grant once', async (t) => {
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
  t.equal(await commands('/events'), 2, 'a call through the default')
  t.equal(await commands(`/events/${two.sub}`), 1, 'a call through a named account')
  t.equal(await commands('/calendar'), 2, 'a guard')
  t.equal(await commands(`/of/${two.sub}`), 1, 'a guard of a named account')
  t.equal(await commands('/accounts'), 1, 'listing')
})
