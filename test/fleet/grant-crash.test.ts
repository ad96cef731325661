/** kill -9 before each step of a disconnect and of a connect; then another process starts and finishes what was begun. */
import t, { type Test } from 'tap'
import type { ConnectApp } from '../support/connect-app.js'
import { CALENDAR } from '../support/app.js'
import { startConnectFleet, type ConnectFleet } from '../support/connect-fleet.js'
import { startStepping, type SteppingMember } from '../support/stepping.js'

/** More steps than any of these has. */
const MOST_STEPS = 40
const SCOPES = [CALENDAR]

// Each test has a fleet of its own, and most of its time is waiting.
t.jobs = 4

interface Scene {
  fleet: ConnectFleet
  /** The process that lives. */
  other: ConnectApp
  member: SteppingMember
  /** The account, new in each scene. */
  account: { sub: string }
}

/** Kills a process before its step 0, 1, … of `work`, each time in a new scene, and checks what is left. */
async function killedAtEach(
  t: Test,
  fleet: ConnectFleet,
  set: (scene: Scene) => Promise<() => Promise<unknown>>,
  check: (scene: Scene, step: string) => Promise<void>
): Promise<void> {
  const other = await fleet.start({ scopes: SCOPES })
  for (let taken = 0; taken < MOST_STEPS; taken++) {
    const member = await startStepping(t, fleet, SCOPES)
    const scene = { fleet, other, member, account: fleet.account() }
    const work = await set(scene)
    await member.step()
    const step = await member.runTo(taken, work())
    await member.kill()
    if (step === null) {
      t.ok(taken > 3, `there are ${taken} steps`)
      return
    }
    await check(scene, `${taken}, before ${step}`)
  }
  t.fail('too many steps')
}

/** Whether the owner has the account, and it works. Fails for one that is listed active and dead. */
async function holds(t: Test, { fleet, other, account }: Scene, owner: string, step: string): Promise<boolean> {
  const { googleAuth } = other.app
  const listed = (await googleAuth.accounts(owner)).find((one) => one.account === account.sub)
  if (listed?.state !== 'active') return false
  const client = googleAuth.clientFor(owner, account.sub)
  const worked = await fleet.call(client).catch(String)
  const renewed = await client
    .token()
    .then((token) => client.token(token))
    .then(() => true, String)
  t.same([worked, renewed], [true, true], `${step}: ${owner} is listed active and works`)
  return true
}

for (const isShared of [false, true]) {
  t.test(`a disconnect, ${isShared ? 'another owner has the account' : 'nobody else has the account'}`, async (t) => {
    const fleet = await startConnectFleet(t)
    await killedAtEach(
      t,
      fleet,
      async ({ member, other, account }) => {
        await other.connect(other.of('ann'), account)
        if (isShared) await other.connect(other.of('bob'), account)
        return () => member.of('ann').fetch(`/auth/revoke?account=${account.sub}`, { method: 'POST' })
      },
      async (scene, step) => {
        const next = await fleet.start({ scopes: SCOPES })
        await fleet.ended()
        const annHolds = await holds(t, scene, 'ann', step)
        const bobHolds = await holds(t, scene, 'bob', step)
        t.equal(bobHolds, isShared, `${step}: the other owner is untouched`)
        if (!annHolds && !bobHolds)
          t.equal(fleet.google.grants(scene.account.sub).refreshTokens, 0, `${step}: ended at Google`)
        await next.app.close()
        for (const owner of ['ann', 'bob']) await scene.other.app.googleAuth.revoke(owner, scene.account.sub)
        t.equal(fleet.google.grants(scene.account.sub).refreshTokens, 0, `${step}: all ends reach Google`)
      }
    )
    t.same(fleet.failed, [])
  })
}

t.test('a connect, and another owner disconnects after it', async (t) => {
  const fleet = await startConnectFleet(t)
  await killedAtEach(t, fleet, connecting, async (scene, step) => {
    const { other, account } = scene
    await other.app.googleAuth.revoke('bob', account.sub)
    await checkConnected(scene, step)
  })
  async function checkConnected(scene: Scene, step: string): Promise<void> {
    const { other, account } = scene
    await fleet.ended()
    if (!(await holds(t, scene, 'ann', step))) await other.connect(other.of('ann'), account)
    await other.app.googleAuth.revoke('ann', account.sub)
    t.equal(fleet.google.grants(account.sub).refreshTokens, 0, `${step}: the next disconnect ends it`)
  }
})

/** Bob has the account, and Ann connects it in the process that is killed. */
async function connecting({ member, other, account, fleet }: Scene): Promise<() => Promise<unknown>> {
  await other.connect(other.of('bob'), account)
  const ann = member.of('ann')
  const back = await fleet.google.approve(await ann.start(), account)
  return () => ann.navigate(back.slice(ann.origin.length))
}

t.test('a connect, and another owner disconnects in the middle of it', async (t) => {
  const fleet = await startConnectFleet(t)
  const other = await fleet.start({ scopes: SCOPES })
  for (let taken = 1; taken < MOST_STEPS; taken++) {
    const member = await startStepping(t, fleet, SCOPES)
    const scene = { fleet, other, member, account: fleet.account() }
    const work = await connecting(scene)
    await member.step()
    const running = work()
    const first = await member.runTo(taken, running)
    if (first === null) break
    await other.app.googleAuth.revoke('bob', scene.account.sub)
    const second = await member.runTo(taken + 1, running)
    await member.kill()
    const step = `${taken}, before ${first}, killed before ${second}`
    await fleet.ended()
    if (await holds(t, scene, 'ann', step)) {
      await other.app.googleAuth.revoke('ann', scene.account.sub)
      t.equal(fleet.google.grants(scene.account.sub).refreshTokens, 0, `${step}: the last end reaches Google`)
    }
  }
})
