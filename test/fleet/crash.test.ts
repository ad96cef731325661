import t from 'tap'
import { LEASE_MS } from '../../src/redis/leased-storage.js'
import { ADA, GRACE, KATHERINE } from '../support/app.js'
import type { Member } from '../support/fleet.js'
import { startFleet, type Fleet, type FleetUser } from '../support/fleet-of-users.js'

/** What a takeover may take beyond the life of the lease: one refresh, on a machine that does other things too. */
const SLACK_MS = 8_000

/** Where a refreshing process is killed. */
const STEPS: [string, (fleet: Fleet, user: FleetUser) => Promise<Member>][] = [
  ['before the request is sent', (fleet, user) => stopped(fleet, user, 'before the request')],
  [
    'while the provider hangs',
    async (fleet, user) => {
      fleet.google.failNext('token', { hang: true })
      const member = await fleet.start()
      void member.calendar(user.cookie).catch(() => {})
      await seen(() => fleet.google.count('token') > 0)
      return member
    }
  ],
  ['after the answer came and before it is stored', (fleet, user) => stopped(fleet, user, 'after the answer')]
]

async function stopped(
  fleet: Fleet,
  user: FleetUser,
  step: 'before the request' | 'after the answer'
): Promise<Member> {
  const member = await fleet.start(step)
  void member.calendar(user.cookie).catch(() => {})
  await member.held
  return member
}

async function seen(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 10))
}

for (const rotateRefreshTokens of [false, true]) {
  t.test(`kill -9 in the middle of a refresh, refresh tokens ${rotateRefreshTokens ? 'rotate' : 'stay'}`, async (t) => {
    const accounts = [ADA, GRACE, KATHERINE]
    await Promise.all(
      STEPS.map(async ([step, stopAt], index) => {
        const account = accounts[index]!
        const fleet = await startFleet(t, { rotateRefreshTokens })
        const user = await fleet.user(account)
        await fleet.expire(user)
        const other = await fleet.start()
        const killed = await stopAt(fleet, user)
        await killed.kill()
        const answer = await other.calendar(user.cookie)
        t.ok(answer.tookMs < LEASE_MS + SLACK_MS, `${step}: the next caller takes over within the life of the lease`)
        // With rotation the provider has given away a token that nobody stored: that user signs in once more.
        const burnt = rotateRefreshTokens && step.startsWith('after the answer')
        t.equal(answer.status, burnt ? 401 : 200, `${step}: ${burnt ? 'one sign-in is lost' : 'nothing is lost'}`)
        if (burnt) {
          t.equal(answer.body.code, 'GOOGLE_AUTH_GRANT_LOST', 'and told as such')
          const again = await fleet.user(account)
          t.equal((await other.calendar(again.cookie)).status, 200, 'another sign-in heals it')
        }
      })
    )
  })
}

t.test('a refresher that was frozen beyond its lease overwrites nothing newer and revives nothing', async (t) => {
  const fleet = await startFleet(t)
  const users = [await fleet.user(ADA), await fleet.user(GRACE)] as const
  for (const user of users) await fleet.expire(user)
  fleet.google.failNext('token', { delayMs: 1_500, times: 2 })
  const frozen = await fleet.start()
  const late = users.map((user) => frozen.calendar(user.cookie).catch(() => null))
  await seen(() => fleet.google.count('token') === 2)
  frozen.freeze()
  await users[1].storage.delete()
  const other = await fleet.start()
  t.equal((await other.calendar(users[0].cookie)).status, 200, 'another process takes over')
  const newer = (await users[0].storage.get())?.accessToken
  frozen.thaw()
  await Promise.all(late)
  t.equal((await users[0].storage.get())?.accessToken, newer, 'the newer token is still there')
  t.equal(await users[1].storage.get(), null, 'what was deleted stays deleted')
})
