import { decodeJwt } from 'jose'
import t from 'tap'
import { ADA, CALENDAR, refresh, signIn, startFor } from './app.js'

t.test('refresh tokens are refused as Google does, by reason', async (t) => {
  const google = await startFor(t)
  const { refresh_token } = await signIn(google)
  const graces = await signIn(google, { email: 'grace@example.com' })
  const answers = {
    revoked: [400, 'invalid_grant', undefined],
    account_deleted: [400, 'invalid_grant', undefined],
    invalid_rapt: [400, 'invalid_grant', 'invalid_rapt'],
    rapt_required: [400, 'invalid_grant', 'rapt_required'],
    admin_policy_enforced: [400, 'admin_policy_enforced', undefined],
    deleted_client: [401, 'deleted_client', undefined]
  } as const
  for (const [reason, expected] of Object.entries(answers)) {
    const undo = google.refuseRefreshes(ADA, reason as keyof typeof answers)
    const { status, body } = await refresh(google, refresh_token)
    t.same([status, body.error, body.error_subtype], expected, reason)
    t.equal((await refresh(google, graces.refresh_token)).status, 200)
    undo()
    t.equal((await refresh(google, refresh_token)).status, 200)
  }
  t.throws(() => google.refuseRefreshes(ADA, 'mood' as 'revoked'), { name: 'TypeError', message: /mood.*invalid_rapt/ })
})

t.test('the clock goes wrong on demand', async (t) => {
  const google = await startFor(t)
  const MINUTES_10 = 600_000
  google.skewClock(MINUTES_10)
  const { id_token, refresh_token } = await signIn(google)
  t.ok(decodeJwt(id_token).iat! * 1000 > Date.now() + MINUTES_10 / 2)
  const { headers } = await fetch(google.endpoints.jwks)
  t.ok(Date.parse(headers.get('date')!) > Date.now() + MINUTES_10 / 2)
  google.skewClock(0)
  t.ok(decodeJwt((await refresh(google, refresh_token)).body.id_token).iat! * 1000 < Date.now() + MINUTES_10 / 2)
})

t.test('of an account, an e-mail address is enough', async (t) => {
  const google = await startFor(t, { users: [{ email: 'mary.somerville@example.org' }] })
  const [mary] = google.users
  t.match(mary, { name: 'Mary Somerville', givenName: 'Mary', familyName: 'Somerville', sub: /^\d{21}$/ })
  const again = await startFor(t, { users: [{ email: 'Mary.Somerville@example.org', name: 'Mary Greig' }] })
  t.match(again.users[0], { sub: mary!.sub, name: 'Mary Greig', givenName: 'Mary', familyName: 'Greig' })
  t.match(google.addUser({ email: '@x' }), { name: '', givenName: '', familyName: '' })
  t.equal(
    (await signIn(google, { email: 'mary.somerville@example.org', scope: `openid ${CALENDAR}` })).expires_in,
    3599
  )
})
