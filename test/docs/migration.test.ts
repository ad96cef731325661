/** Linked accounts of another library, put into their slots, with the option owner. */
import t from 'tap'
import { importAccount, type LinkedAccount } from '../../docs/examples/import-grants.js'
import { ADA, CALENDAR, GRACE, startGoogle } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'

t.test('a refresh token of the same client becomes a grant that works', async (t) => {
  const google = await startGoogle(t)
  const before = await startConnectApp(t, google, { scopes: [CALENDAR, 'email'] })
  await before.connect(before.of('ann'), ADA)
  const refreshToken = (await before.app.googleAuth.storageFor('ann').get())?.refreshToken
  const after = await startConnectApp(t, google, { scopes: [CALENDAR, 'email'] })

  const importRow = (row: LinkedAccount) => importAccount(after.app.googleAuth.storageFor, row)

  const linkedAt = new Date('2026-01-02T03:04:05Z')
  // As better-auth keeps scopes, with commas.
  const row = {
    owner: 'ann',
    account: ADA.sub,
    refreshToken: refreshToken ?? null,
    scope: `openid,email,${CALENDAR}`,
    linkedAt
  }
  t.equal(await importRow(row), 'imported')
  t.equal(await importRow({ ...row, account: GRACE.sub, refreshToken: null }), 'without refresh token')
  t.match(await after.app.googleAuth.accounts('ann'), [{ account: ADA.sub, isDefault: true, state: 'active' }])
  t.match(await after.app.googleAuth.status('ann'), { hasRefreshToken: true, grantedAt: linkedAt.getTime() })
  t.same((await after.of('ann').fetch('/events')).json(), { status: 200, account: ADA.sub })
  t.equal((await after.of('ann').fetch('/calendar')).status, 200, 'a guard finds the scopes')
  t.same(await after.app.googleAuth.refreshIdle({ idleDays: 0 }), { checked: 1, refreshed: 1, lost: 0, failed: 0 })
  google.revokeGrant(ADA.sub)
  t.match(await after.app.googleAuth.refreshIdle({ idleDays: 0 }), { checked: 1, refreshed: 0, lost: 1 })
  t.equal(await importRow(row), 'present')
  t.match(await after.app.googleAuth.status('ann'), { state: 'lost' }, 'what is there is not replaced')
})
