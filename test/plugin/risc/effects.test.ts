/** What each security event does, in sign-in mode, with added accounts and in connect mode, with each kind of store. */
import t from 'tap'
import type { GoogleAuthOptions } from '../../../src/index.js'
import { ADA, GRACE, startGoogle, startRedisFor } from '../../support/app.js'
import { startRiscApp, startRiscConnectApp, statusOf } from '../../support/risc.js'

const LOST = { state: 'lost' }
const ACTIVE = { state: 'active' }

/** The table of the docs: what an event ends. */
const TABLE = [
  { type: 'sessions-revoked', endsSessions: true, endsGrants: false },
  { type: 'tokens-revoked', endsSessions: true, endsGrants: true },
  { type: 'account-disabled', endsSessions: true, endsGrants: true, reason: 'hijacking' },
  { type: 'account-enabled', endsSessions: false, endsGrants: false },
  { type: 'account-credential-change-required', endsSessions: false, endsGrants: false },
  { type: 'https://example.com/events/other', endsSessions: false, endsGrants: false }
]

const google = await startGoogle(t)
const redis = await startRedisFor(t)

/** Options with an empty Redis. */
async function inRedis(more: Partial<GoogleAuthOptions> = {}): Promise<Partial<GoogleAuthOptions>> {
  await redis.client().flushall()
  return { redis: redis.url, ...more }
}

const STORES: [string, () => Promise<Partial<GoogleAuthOptions>>][] = [
  ['in memory', async () => ({})],
  ['in Redis', () => inRedis()],
  ['in Redis with the cache', () => inRedis({ cache: true })]
]

for (const [where, options] of STORES) {
  for (const { type, endsSessions, endsGrants, reason } of TABLE) {
    t.test(`${type}, sign-in mode, ${where}`, async (t) => {
      const { app, signedIn, told } = await startRiscApp(t, google, await options())
      const [ada, adaElsewhere, grace] = [await signedIn(ADA), await signedIn(ADA), await signedIn(GRACE)]
      const sent = await google.risc.send(type, { sub: ADA.sub, ...(reason ? { reason } : {}) })
      t.match(sent, { status: 202, body: '' })
      const status = endsSessions ? 401 : 200
      t.equal(await statusOf(ada), status)
      t.equal(await statusOf(adaElsewhere), status)
      t.equal(await statusOf(grace), 200, 'another account is left alone')
      t.match(await app.googleAuth.status(ADA.sub), endsGrants ? { ...LOST, reason: type } : ACTIVE)
      t.match(await app.googleAuth.status(GRACE.sub), ACTIVE)
      t.same(told.events, [{ type, account: ADA.sub, owners: [ADA.sub], ...(reason ? { reason } : {}) }])
      t.same(told.lost, endsGrants ? [{ owner: ADA.sub, account: ADA.sub, reason: type }] : [])
      t.equal(await statusOf(await signedIn(ADA)), 200, 'a new sign-in heals it')
      t.match(await app.googleAuth.status(ADA.sub), ACTIVE)
    })

    t.test(`${type}, connect mode, ${where}`, async (t) => {
      const { app, of, connect, told } = await startRiscConnectApp(t, google, await options())
      for (const owner of ['ann', 'bob']) await connect(of(owner), ADA)
      await connect(of('ann'), GRACE)
      t.match(await google.risc.send(type, { sub: ADA.sub }), { status: 202, body: '' })
      const expected = endsGrants ? { ...LOST, reason: type } : ACTIVE
      for (const owner of ['ann', 'bob']) t.match(await app.googleAuth.status(owner, ADA.sub), expected)
      t.match(await app.googleAuth.status('ann', GRACE.sub), ACTIVE)
      t.match(told.events, [{ type, account: ADA.sub }])
      t.same([...told.events[0]!.owners].sort(), ['ann', 'bob'])
      t.equal(told.lost.length, endsGrants ? 2 : 0)
      t.equal((await of('ann').fetch('/events/' + ADA.sub)).json().status, endsGrants ? undefined : 200)
    })
  }

  t.test(`an owner who added the account keeps their sessions and their own grant, ${where}`, async (t) => {
    const { app, signedIn, told } = await startRiscApp(t, google, await options())
    const [ada, grace] = [await signedIn(ADA), await signedIn(GRACE)]
    await ada.visit(google, '/auth/start?connect=1', { sub: GRACE.sub })
    await google.risc.send('tokens-revoked', { sub: GRACE.sub })
    t.equal(await statusOf(ada), 200)
    t.equal(await statusOf(grace), 401, 'who signs in with it does not')
    t.match(await app.googleAuth.status(ADA.sub), ACTIVE)
    t.match(await app.googleAuth.status(ADA.sub, GRACE.sub), { ...LOST, reason: 'tokens-revoked' })
    t.match(await app.googleAuth.status(GRACE.sub), LOST)
    t.same([...told.events[0]!.owners].sort(), [ADA.sub, GRACE.sub].sort())
    t.equal(told.lost.length, 2)
  })

  for (const tokenIdentifierAlg of ['prefix', 'hash_base64_sha512_sha512'] as const) {
    t.test(`token-revoked by ${tokenIdentifierAlg}, ${where}`, async (t) => {
      const { app, of, connect, told } = await startRiscConnectApp(t, google, await options())
      await connect(of('ann'), ADA)
      await connect(of('bob'), ADA)
      const { refreshToken } = (await app.googleAuth.storageFor('ann').get())!
      const event = { refreshToken: refreshToken!, tokenIdentifierAlg }
      t.equal((await google.risc.send('token-revoked', event)).status, 202)
      t.match(await app.googleAuth.status('ann'), { ...LOST, reason: 'token-revoked' })
      t.match(await app.googleAuth.status('bob'), ACTIVE, 'it has another refresh token')
      t.same(told.events, [{ type: 'token-revoked', account: ADA.sub, owners: ['ann'] }])
      t.same(told.lost, [{ owner: 'ann', account: ADA.sub, reason: 'token-revoked' }])

      t.equal((await google.risc.send('token-revoked', event)).status, 202, 'twice, under another jti')
      t.equal(told.lost.length, 1)
      t.equal((await google.risc.send('token-revoked', { ...event, refreshToken: '1//nobody-has-this' })).status, 202)
      t.same(told.events.at(-1), { type: 'token-revoked', owners: [] })
    })
  }

  t.test(`token-revoked leaves sessions alone, and a token that was replaced is not meant, ${where}`, async (t) => {
    const { app, signedIn, told } = await startRiscApp(t, google, await options())
    const ada = await signedIn(ADA)
    const storage = app.googleAuth.storageFor(ADA.sub)
    const first = (await storage.get())!
    await storage.put(first.with({ refreshToken: '1//0another-refresh-token' }))
    await google.risc.send('token-revoked', { refreshToken: first.refreshToken! })
    t.match(await app.googleAuth.status(ADA.sub), ACTIVE)
    t.same(told.events, [{ type: 'token-revoked', owners: [] }])
    await google.risc.send('token-revoked', { refreshToken: '1//0another-refresh-token', tokenIdentifierAlg: 'prefix' })
    t.match(await app.googleAuth.status(ADA.sub), LOST)
    t.equal(await statusOf(ada), 200)
  })

  t.test(`several events in one token, and accounts that nobody knows, ${where}`, async (t) => {
    const { app, signedIn, told } = await startRiscApp(t, google, await options())
    const [ada, grace] = [await signedIn(ADA), await signedIn(GRACE)]
    const subject = { subject_type: 'id_token_claims', iss: google.issuer, sub: GRACE.sub, email: GRACE.email }
    const both = { sub: ADA.sub, events: { 'tokens-revoked': { subject } } }
    t.equal((await google.risc.send('sessions-revoked', both)).status, 202)
    t.same([await statusOf(ada), await statusOf(grace)], [401, 401])
    t.match(await app.googleAuth.status(GRACE.sub), LOST)
    t.same(told.events, [
      { type: 'sessions-revoked', account: ADA.sub, owners: [ADA.sub] },
      { type: 'tokens-revoked', account: GRACE.sub, owners: [GRACE.sub] }
    ])
    t.equal((await google.risc.send('tokens-revoked', { sub: 'nobody' })).status, 202)
    t.same(told.events.at(-1), { type: 'tokens-revoked', account: 'nobody', owners: [] })
    t.equal((await google.risc.send('verification', { state: 'ping' })).status, 202)
    t.same(told.events.at(-1), { type: 'verification', owners: [], state: 'ping' })
  })
}
