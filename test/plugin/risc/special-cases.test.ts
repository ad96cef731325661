/** Security events that are about nobody here, come twice or in the wrong order, and apps with sessions or a storage of their own. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import t from 'tap'
import { memoryStorage } from '../../../src/core/storage/memory.js'
import { ADA, GRACE, startGoogle, startRedisFor } from '../../support/app.js'
import { eventually } from '../../support/redis.js'
import { startRiscApp, statusOf } from '../../support/risc.js'

const LOST = { state: 'lost' }

t.test('an account of another issuer, and a subject that is none, do nothing', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, told } = await startRiscApp(t, google)
  const ada = await signedIn(ADA)
  const type = 'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked'
  for (const subject of [
    { subject_type: 'iss-sub', iss: 'https://other.example/', sub: ADA.sub },
    { subject_type: 'iss-sub', iss: `${google.issuer}/`, sub: '' },
    { subject_type: 'iss-sub', iss: `${google.issuer}/`, sub: 'x'.repeat(300) },
    { subject_type: 'email', email: ADA.email },
    'text'
  ]) {
    t.equal((await google.risc.send('sessions-revoked', { claims: { events: { [type]: { subject } } } })).status, 202)
  }
  t.equal(await statusOf(ada), 200)
  t.same(told.events, Array(5).fill({ type: 'sessions-revoked', owners: [] }))
  const { iss, sub } = { iss: google.issuer, sub: ADA.sub }
  const claims = { events: { [type]: {} }, sub_id: { format: 'iss_sub', iss, sub } }
  t.equal((await google.risc.send('sessions-revoked', { claims })).status, 202)
  t.equal(await statusOf(ada), 401, 'a subject of the whole token counts (RFC 9493)')
  for (const subject of [
    { token_type: 'access_token', token_identifier_alg: 'prefix', token: 'ya29.a0123456789' },
    { token_type: 'refresh_token', token_identifier_alg: 'plain', token: 'x' }
  ]) {
    const events = { 'https://schemas.openid.net/secevent/oauth/event-type/token-revoked': { subject } }
    t.equal((await google.risc.send('token-revoked', { refreshToken: 'x', claims: { events } })).status, 202)
  }
})

t.test('sessions that the app has registered itself end as well', async (t) => {
  const google = await startGoogle(t)
  const { browser, told } = await startRiscApp(
    t,
    google,
    {},
    {
      async before(app) {
        await app.register(fastifyCookie)
        await app.register(fastifySession, { secret: 'x'.repeat(32), cookie: { secure: false } })
      }
    }
  )
  const [ada, grace] = [browser(), browser()]
  await ada.visit(google, '/auth/start', { sub: ADA.sub })
  await grace.visit(google, '/auth/start', { sub: GRACE.sub })
  t.same([await statusOf(ada), await statusOf(grace)], [200, 200])
  t.equal((await google.risc.send('sessions-revoked', { sub: ADA.sub })).status, 202)
  t.same([await statusOf(ada), await statusOf(grace)], [401, 200])
  t.match(told.events, [{ owners: [ADA.sub] }])
})

t.test('with a storage of the app', async (t) => {
  const google = await startGoogle(t)
  for (const redis of [undefined, (await startRedisFor(t)).url]) {
    const { app, signedIn } = await startRiscApp(t, google, {
      storage: memoryStorage(),
      ...(redis === undefined ? {} : { redis })
    })
    await signedIn(ADA)
    t.equal((await google.risc.send('token-revoked', { sub: ADA.sub })).status, 202)
    t.match(await app.googleAuth.status(ADA.sub), { ...LOST, reason: 'token-revoked' })
  }
})

t.test('events in the wrong order, twice, and after the account is gone', async (t) => {
  const google = await startGoogle(t)
  const { app, signedIn, told } = await startRiscApp(t, google)
  const ada = await signedIn(ADA)
  for (const type of ['account-enabled', 'account-disabled', 'account-disabled', 'tokens-revoked', 'sessions-revoked'])
    t.equal((await google.risc.send(type, { sub: ADA.sub })).status, 202)
  t.equal(await statusOf(ada), 401)
  t.match(await app.googleAuth.status(ADA.sub), { ...LOST, reason: 'account-disabled' }, 'the first one counts')
  t.equal(told.lost.length, 1)
  t.equal(told.events.length, 5)
  await app.googleAuth.revoke(ADA.sub).catch(() => undefined)
  t.equal((await google.risc.send('tokens-revoked', { sub: ADA.sub })).status, 202)
  t.same(told.events.at(-1)?.owners, [])
})

t.test('an error in a hook is logged and changes nothing', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, log } = await startRiscApp(t, google, {
    onSecurityEvent: () => Promise.reject(new Error('the hook is broken'))
  })
  const ada = await signedIn(ADA)
  t.equal((await google.risc.send('sessions-revoked', { sub: ADA.sub })).status, 202)
  t.equal(await statusOf(ada), 401)
  t.ok(log.some((line) => line.includes('The hook onSecurityEvent failed')))
})

t.test('who watches the channel of lost grants sees those that an event ends', async (t) => {
  const google = await startGoogle(t)
  const { signedIn, log } = await startRiscApp(t, google)
  await signedIn(ADA)
  const seen: unknown[] = []
  const watch = (message: unknown): void => void seen.push(message)
  subscribe('tracing:fastify-google-auth:grant-lost:asyncEnd', watch)
  await google.risc.send('tokens-revoked', { sub: ADA.sub })
  await eventually(() => seen.length > 0)
  unsubscribe('tracing:fastify-google-auth:grant-lost:asyncEnd', watch)
  t.match(seen, [{ owner: ADA.sub, account: ADA.sub, reason: 'tokens-revoked', outcome: 'told' }])
  const events = log.map((line) => (JSON.parse(line) as { event?: string }).event)
  t.ok(events.includes('google-auth.grant-lost'))
  t.ok(events.includes('google-auth.security-event'))
})
