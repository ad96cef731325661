/** Grants that somebody looks after: status, listings, and refreshes of idle ones. */
import t from 'tap'
import { Token } from '../../../src/index.js'
import { ADA, CALENDAR, GRACE, KATHERINE, startApp, startGoogle, startRedisFor } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

const DAY_MS = 86_400_000

t.test('status says what is known, and holds no token', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google, { scopes: [CALENDAR, 'email'] })
  t.same(await app.googleAuth.status('ann'), { state: 'none', scopes: [], hasRefreshToken: false })
  t.same(await app.googleAuth.status('ann', ADA.sub), { state: 'none', scopes: [], hasRefreshToken: false })
  await connect(of('ann'), ADA)
  const status = await app.googleAuth.status('ann')
  t.match(status, { state: 'active', hasRefreshToken: true, grantedAt: Number, expiresAt: Number })
  t.ok(status.scopes.includes(CALENDAR))
  t.notMatch(JSON.stringify(status), /ya29|1\/\//)
  const slot = app.googleAuth.storageFor('ann')
  const near = Date.now() + DAY_MS
  await slot.update((token) => token?.with({ refreshTokenExpiresAt: near }) ?? null)
  t.match(await app.googleAuth.status('ann'), { likelyCause: 'time_based_access_ends', refreshTokenExpiresAt: near })
  await slot.update(
    (token) => token?.with({ grantedAt: Date.now(), refreshTokenExpiresAt: Date.now() + 7 * DAY_MS }) ?? null
  )
  t.match(await app.googleAuth.status('ann'), { state: 'active', likelyCause: 'testing_mode' })
  t.match((await app.googleAuth.accounts('ann'))[0], { state: 'active', likelyCause: 'testing_mode' })
  await t.rejects(app.googleAuth.status(''), TypeError)
})

t.test('what is put into a slot is a grant like any other', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { app } = await startConnectApp(t, google, { redis: redis.url })
  await t.rejects(app.googleAuth.storageFor('ann').get(), { code: 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED' })
  const imported = Token.from({ accessToken: '', refreshToken: '1//imported', scopes: ['email'] })
  await app.googleAuth.storageFor('ann', ADA.sub).put(imported)
  t.match(await app.googleAuth.accounts('ann'), [{ account: ADA.sub, isDefault: true, connectedAt: Number }])
  t.equal((await app.googleAuth.storageFor('ann').get())?.refreshToken, '1//imported')
  await app.googleAuth.storageFor('ann').delete()
  t.same(await app.googleAuth.accounts('ann'), [])
  t.equal(google.count('revoke'), 0, 'and deleting it there tells Google nothing')
})

for (const store of ['memory', 'redis'] as const) {
  t.test(`grants and refreshIdle, in ${store}`, async (t) => {
    const google = await startGoogle(t)
    const redis = store === 'redis' ? { redis: (await startRedisFor(t)).url } : {}
    const lost: string[] = []
    const { of, connect, app } = await startConnectApp(t, google, {
      ...redis,
      onGrantLost: ({ owner, account }) => void lost.push(`${owner} ${account}`)
    })
    for (const [owner, account] of [
      ['ann', ADA],
      ['ann', GRACE],
      ['bob', KATHERINE]
    ] as const)
      await connect(of(owner), account)
    const seen = async (): Promise<string[]> => {
      const all: string[] = []
      for await (const { owner, account, state } of app.googleAuth.grants()) all.push(`${owner} ${account} ${state}`)
      return all.sort()
    }
    t.same(await seen(), [`ann ${ADA.sub} active`, `ann ${GRACE.sub} active`, `bob ${KATHERINE.sub} active`])
    const stopped = AbortSignal.abort()
    for await (const grant of app.googleAuth.grants({ signal: stopped })) t.fail(`${grant.owner} after the signal`)

    const age = async (owner: string, account: string): Promise<void> => {
      const change = (token: Token | null): Token | null => token?.with({ grantedAt: Date.now() - 40 * DAY_MS }) ?? null
      await app.googleAuth.storageFor(owner, account).update(change)
    }
    await age('ann', ADA.sub)
    await age('bob', KATHERINE.sub)
    google.revokeGrant(KATHERINE.sub)
    google.resetCounts()
    t.same(await app.googleAuth.refreshIdle({ idleDays: 30 }), { checked: 3, refreshed: 1, lost: 1, failed: 0 })
    t.equal(google.count('token', { grantType: 'refresh_token' }), 2)
    t.same(lost, [`bob ${KATHERINE.sub}`])
    t.same(await app.googleAuth.refreshIdle({ idleDays: 30 }), { checked: 3, refreshed: 0, lost: 0, failed: 0 })
    await age('ann', ADA.sub)
    await app.googleAuth.storageFor('ann', ADA.sub).update((token) => token?.with({ refreshedAt: undefined }) ?? null)
    const undo = google.failNext('token', { status: 503, times: 20 })
    t.same(await app.googleAuth.refreshIdle({ idleDays: 30 }), { checked: 3, refreshed: 0, lost: 0, failed: 1 })
    undo()
    t.match(await app.googleAuth.refreshIdle({ idleDays: 0, signal: stopped }), { refreshed: 0 })
    await t.rejects(app.googleAuth.refreshIdle({} as never), TypeError)
    await t.rejects(app.googleAuth.refreshIdle({ idleDays: 1, concurrency: 0 }), TypeError)
  })
}

t.test('in sign-in mode, every user is listed', async (t) => {
  const google = await startGoogle(t)
  const { app, signedIn } = await startApp(t, google, { options: { redis: (await startRedisFor(t)).url } })
  await signedIn(ADA)
  await signedIn(GRACE)
  const owners: string[] = []
  for await (const { owner, account } of app.googleAuth.grants()) {
    t.equal(owner, account)
    owners.push(owner)
  }
  t.same(owners.sort(), [ADA.sub, GRACE.sub].sort())
  t.match(await app.googleAuth.status(ADA.sub), { state: 'active' })
})

t.test('a Retry-After holds up the whole run, and a signal ends it', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google)
  for (const owner of ['ann', 'bob', 'cat', 'dan', 'eve']) await connect(of(owner), ADA)
  const idle = async (): Promise<void> => {
    for await (const { owner, account } of app.googleAuth.grants()) {
      const old = Date.now() - 40 * DAY_MS
      await app.googleAuth
        .storageFor(owner, account)
        .update((token) => token?.with({ grantedAt: old, refreshedAt: undefined }) ?? null)
    }
  }
  await idle()
  google.resetCounts()
  const busy = { status: 429, headers: { 'retry-after': '2' }, body: { error: 'rate_limited' } }
  google.failNext('token', { ...busy, times: 1 })
  const began = Date.now()
  t.same(await app.googleAuth.refreshIdle({ idleDays: 30, concurrency: 1 }), {
    checked: 5,
    refreshed: 5,
    lost: 0,
    failed: 0
  })
  t.ok(Date.now() - began >= 2_000, 'it waited as long as Google asked')
  await idle()
  google.failNext('token', { ...busy, headers: { 'retry-after': '3600' }, times: 5 })
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 300)
  const counts = await app.googleAuth.refreshIdle({ idleDays: 30, signal: stop.signal })
  t.match(counts, { refreshed: 0, lost: 0, failed: 0 }, 'and the signal ends the wait')
})
