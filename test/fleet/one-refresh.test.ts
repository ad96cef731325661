import t from 'tap'
import { ADA } from '../support/app.js'
import { startFleet } from '../support/fleet-of-users.js'

const CALLS = 200

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
