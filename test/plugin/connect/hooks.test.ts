/** What the app is told of connected accounts, and what it can refuse. */
import t from 'tap'
import type { ConnectEvent } from '../../../src/index.js'
import { ADA, CALENDAR, DRIVE, EVENTS_PATH, startGoogle } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

t.test('onConnect is told, and its refusal stores nothing', async (t) => {
  const google = await startGoogle(t)
  const told: ConnectEvent[] = []
  let refuse = false
  const onConnect = (_request: unknown, event: ConnectEvent): void => {
    told.push(event)
    if (refuse) throw Object.assign(new Error('Not this one'), { statusCode: 403 })
  }
  const { of, connect, app } = await startConnectApp(t, google, { onConnect, scopes: [CALENDAR, 'email'] })
  const ann = of('ann')
  refuse = true
  const page = await connect(ann, ADA)
  t.equal(page.status, 403)
  t.match(page.text, 'Not this one')
  t.match(page.text, 'Use another account')
  t.same(await app.googleAuth.accounts('ann'), [])
  await until(() => google.grants(ADA.sub).refreshTokens === 0)
  t.equal(google.grants(ADA.sub).refreshTokens, 0, 'the fresh grant has ended at Google')
  refuse = false
  await connect(ann, ADA)
  t.match(told.at(-1), { owner: 'ann', account: ADA.sub, firstConnect: true, profile: { email: ADA.email } })
  t.ok(told.at(-1)?.grantedScopes.includes(CALENDAR))
  refuse = true
  t.equal((await connect(ann, ADA)).status, 403)
  t.equal(told.at(-1)?.firstConnect, false)
  t.same((await ann.fetch('/events')).json(), { status: 200, account: ADA.sub }, 'the old grant stays')
})

t.test('re-asking names the union, and fewer scopes do not replace more', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, { scopes: ['email'] }, (app) => {
    app.get('/drive', { onRequest: app.googleAuth.required({ scopes: [DRIVE] }) }, () => ({}))
  })
  const [ann, bob] = [of('ann'), of('bob')]
  await connect(ann, ADA, `/auth/start?scope=${encodeURIComponent(CALENDAR)}`)
  await connect(bob, ADA)
  t.notOk((await app.googleAuth.status('bob')).scopes.includes(CALENDAR), 'what ann was granted is not bob’s')
  const url = new URL(await ann.start(`?login_hint=${ADA.email}&scope=${encodeURIComponent(DRIVE)}`))
  t.ok(url.searchParams.get('scope')?.includes(CALENDAR))
  t.ok(url.searchParams.get('scope')?.includes(DRIVE))
  t.equal(url.searchParams.get('prompt'), 'consent')
  t.notOk(url.searchParams.has('include_granted_scopes'))
  t.equal(new URL(await ann.start()).searchParams.get('prompt'), 'select_account consent')
  const [{ connectedAt } = { connectedAt: 0 }] = await app.googleAuth.accounts('ann')
  await connect(ann, ADA)
  const [after] = await app.googleAuth.accounts('ann')
  t.ok(after?.scopes.includes(CALENDAR), 'the wider grant is kept')
  t.equal(after?.connectedAt, connectedAt, 'connectedAt survives')
  t.equal((await ann.fetch('/events')).json().status, 200)
})

t.test('onGrantLost and onRevoke name owner and account', async (t) => {
  const google = await startGoogle(t)
  const told: unknown[] = []
  const { of, connect, app } = await startConnectApp(t, google, {
    onGrantLost: (grant, error) => void told.push(['lost', grant, error.reason]),
    onRevoke: (grant) => void told.push(['revoke', grant])
  })
  await connect(of('ann'), ADA)
  google.revokeGrant(ADA.sub)
  google.expireAccessTokens()
  const url = `${google.apiOrigin}${EVENTS_PATH}`
  await t.rejects(app.googleAuth.clientFor('ann', ADA.sub).fetch(url), {
    code: 'GOOGLE_AUTH_GRANT_LOST',
    grant: { owner: 'ann', account: ADA.sub }
  })
  await app.googleAuth.revoke('ann')
  const grant = { owner: 'ann', account: ADA.sub }
  t.same(told, [
    ['lost', grant, 'invalid_grant'],
    ['revoke', grant]
  ])
})

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 50))
}
