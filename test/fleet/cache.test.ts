import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Member } from '../support/fleet.js'
import { startFleet, type FleetUser } from '../support/fleet-of-users.js'
import { eventually } from '../support/redis.js'

const PROCESSES = 3
const USERS = 9

/** Calls without a pause, until it is stopped. Remembers what each process answered to each user. */
function underLoad(members: Member[], users: FleetUser[]) {
  const answers = members.flatMap((member) => users.map((user) => ({ member, user, statuses: [] as number[] })))
  let running = true
  const done = answers.map(async ({ member, user, statuses }) => {
    while (running) {
      const { status } = await member.calendar(user.cookie)
      if (statuses.at(-1) !== status) statuses.push(status)
    }
  })
  return {
    /** What each process answers to this user by now. */
    lastTo: (user: FleetUser) => answers.filter((each) => each.user === user).map(({ statuses }) => statuses.at(-1)),
    /** The changes of what a process answered to this user. */
    changesTo: (user: FleetUser) => answers.filter((each) => each.user === user).map(({ statuses }) => statuses),
    async stop() {
      running = false
      await Promise.all(done)
    }
  }
}

t.test('ends and refreshes count in every process, while connections are killed at random', async (t) => {
  const fleet = await startFleet(t, {}, { cache: true })
  const users = await Promise.all(Array.from({ length: USERS }, (_, at) => signIn(`1000000000000000000${at}`)))
  async function signIn(sub: string): Promise<FleetUser> {
    fleet.google.addUser({ sub, email: `${sub}@example.com`, name: sub, givenName: sub, familyName: sub })
    return fleet.user({ sub })
  }
  const members = await Promise.all(Array.from({ length: PROCESSES }, () => fleet.start()))
  const load = underLoad(members, users)
  const admin = fleet.redis.client()
  const { app } = fleet
  const isEverywhere = (user: FleetUser, status: number) => () => load.lastTo(user).every((last) => last === status)
  for (const user of users) await eventually(isEverywhere(user, 200))

  const killing = new AbortController()
  const killer = (async () => {
    for (let round = 0; !killing.signal.aborted; round++) {
      await admin.call('CLIENT', 'KILL', 'TYPE', round % 2 === 0 ? 'pubsub' : 'normal', 'SKIPME', 'yes')
      await sleep(200 + 300 * Math.random())
    }
  })()
  const again = async (act: () => Promise<unknown>): Promise<void> =>
    eventually(() =>
      act().then(
        () => true,
        () => false
      )
    ) // the connection of this process is killed, too
  const [refreshed, signedOut, revoked] = [users.slice(0, 3), users.slice(3, 6), users.slice(6)]
  for (let at = 0; at < 3; at++) {
    fleet.google.expireAccessTokens(refreshed[at]!.sub)
    await again(() => app.googleAuth.signOutEverywhere(signedOut[at]!.sub))
    await eventually(isEverywhere(signedOut[at]!, 401))
    await again(() => app.googleAuth.revoke(revoked[at]!.sub))
    await eventually(isEverywhere(revoked[at]!, 401))
    await eventually(isEverywhere(refreshed[at]!, 200))
  }
  killing.abort()
  await killer
  for (const user of refreshed) await eventually(isEverywhere(user, 200))
  await load.stop()
  for (const user of [...signedOut, ...revoked])
    for (const statuses of load.changesTo(user))
      t.notOk(
        statuses.slice(statuses.indexOf(401)).includes(200),
        `${user.sub}: an end stays an end: ${statuses.join()}`
      )
  t.equal(fleet.google.count('token', { grantType: 'refresh_token' }), refreshed.length, 'one refresh each')

  const calm = underLoad(members, refreshed)
  for (const user of refreshed) await eventually(() => calm.lastTo(user).every((last) => last === 200))
  await admin.flushdb()
  for (const user of refreshed) await eventually(() => calm.lastTo(user).every((last) => last === 401))
  await calm.stop()
})

t.test('a session ends in every process when its record does', async (t) => {
  const fleet = await startFleet(t, {}, { cache: true })
  const user = await fleet.user({ sub: '110248495921238986420' })
  const members = await Promise.all([fleet.start(), fleet.start()])
  const load = underLoad(members, [user])
  await eventually(() => load.lastTo(user).every((last) => last === 200))
  const admin = fleet.redis.client()
  for (const key of await admin.keys('*:session:*')) await admin.pexpire(key, 200)
  await eventually(() => load.lastTo(user).every((last) => last === 401), 20_000)
  await load.stop()
})
