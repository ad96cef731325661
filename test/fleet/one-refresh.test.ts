import t from 'tap'
import { ADA } from '../support/app.js'
import { startFleet } from '../support/fleet-of-users.js'

const CALLS = 200
/** Less than `refreshAhead`, and longer than this test. */
const SOON_MS = 240_000

for (const rotateRefreshTokens of [false, true]) {
  for (const processes of [1, 4]) {
    const setting = `${processes} ${processes === 1 ? 'process' : 'processes'}, refresh tokens ${rotateRefreshTokens ? 'rotate' : 'stay'}`

    t.test(`${CALLS} calls at once make one call to the token endpoint: ${setting}`, async (t) => {
      const fleet = await startFleet(t, { rotateRefreshTokens })
      const ada = await fleet.user(ADA)
      const members = await Promise.all(Array.from({ length: processes }, () => fleet.start()))
      const callAll = async (): Promise<number[]> => {
        fleet.google.resetCounts()
        const calls = Array.from({ length: CALLS }, (_, index) => members[index % processes]!.calendar(ada.cookie))
        return [...new Set((await Promise.all(calls)).map(({ status }) => status))]
      }

      await fleet.expire(ada)
      t.strictSame(await callAll(), [200], 'all are answered after the token has expired')
      t.equal(fleet.google.count('token'), 1, 'by one refresh')

      fleet.google.expireAccessTokens(ADA.sub)
      t.strictSame(await callAll(), [200], 'all are answered after the API refused the token')
      t.equal(fleet.google.count('token'), 1, 'by one refresh')

      t.strictSame(await callAll(), [200])
      t.equal(fleet.google.count('token'), 0, 'a token that is good is left alone')
    })
  }
}

t.test(`${CALLS} calls close to the end of a token: answered with it, and renewed behind them once`, async (t) => {
  const fleet = await startFleet(t, { rotateRefreshTokens: true })
  const ada = await fleet.user(ADA)
  const members = await Promise.all(Array.from({ length: 4 }, () => fleet.start()))
  const callAll = async (): Promise<number[]> => {
    const calls = Array.from({ length: CALLS }, (_, index) => members[index % 4]!.calendar(ada.cookie))
    return [...new Set((await Promise.all(calls)).map(({ status }) => status))]
  }
  await fleet.expire(ada, SOON_MS)
  const before = await ada.storage.get()
  fleet.google.resetCounts()
  fleet.google.failNext('token', { delayMs: 1_000 })
  t.strictSame(await callAll(), [200])
  const renewed = async (): Promise<boolean> => (await ada.storage.get())?.accessToken !== before?.accessToken
  while (!(await renewed())) await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(fleet.google.count('token'), 1)

  await fleet.expire(ada, SOON_MS)
  fleet.google.failNext('token', { hang: true, times: 100 })
  t.strictSame(await callAll(), [200], 'also where the provider never answers')
})
