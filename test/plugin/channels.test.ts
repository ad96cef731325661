/** What can be watched by `node:diagnostics_channel`, through an app with Redis and a cache. */
import t from 'tap'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { ServiceAccountCredentials } from '../../src/core.js'
import { ADA, CALENDAR, EVENTS_PATH, GRACE, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'
import { watch, type Watched } from '../support/watching.js'

const SCOPED = `/auth/start?scope=${encodeURIComponent(CALENDAR)}`
const OWN = { owner: ADA.sub, account: ADA.sub }

const endsOf = (events: Watched[]): unknown[] => events.splice(0).map(({ channel, ended }) => [channel, ended])

t.test('sign-ins, refused ones, and what changes nobody', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    options: {
      onSignIn(_request, { user }) {
        if (user.sub === GRACE.sub) throw new Error('the hook is broken')
      }
    }
  })
  const events = watch(t, 'sign-in', 'keys')
  const ada = browser()
  const { hops } = await ada.visit(google, '/auth/start', { sub: ADA.sub })
  t.same(events[0]?.started, {})
  t.match(endsOf(events), [
    ['sign-in', { outcome: 'signed-in', kind: 'sign-in', ...OWN }],
    ['keys', { outcome: 'fetched', host: new URL(google.issuer).host }]
  ])
  const returned = hops.find((url) => url.includes('/auth/return'))!
  await ada.navigate(returned.slice(ada.origin.length))
  t.same(endsOf(events), [['sign-in', { outcome: 'unchanged' }]], 'a return that was used')
  await browser().visit(google, '/auth/start', { cancel: true, sub: GRACE.sub })
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  await browser().visit(google, '/auth/start', { sub: GRACE.sub })
  t.match(endsOf(events), [
    ['sign-in', { outcome: 'refused', code: 'GOOGLE_AUTH_AUTHORIZATION', reason: 'access_denied' }],
    ['sign-in', { outcome: 'failed', code: 'GOOGLE_AUTH_EXCHANGE', reason: 'invalid_client' }],
    ['sign-in', { outcome: 'failed', error: { name: 'Error', message: '(message left out)' } }]
  ])
})

t.test('API calls, refreshes, lost grants, ends', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  const events = watch(t, 'api-call', 'refresh', 'grant-lost', 'revoke')
  const { host } = new URL(google.apiOrigin)

  google.expireAccessTokens()
  await ada.fetch('/events')
  t.same(events[0]?.started, { method: 'GET', host })
  t.same(endsOf(events), [
    ['api-call', { method: 'GET', host, outcome: 'answered', status: 200 }],
    ['refresh', { ...OWN, outcome: 'refreshed' }]
  ])
  google.expireAccessTokens()
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  await ada.fetch('/events')
  t.match(endsOf(events), [
    ['api-call', { outcome: 'failed', reason: 'invalid_client', error: { code: 'GOOGLE_AUTH_REFRESH' } }],
    ['refresh', { ...OWN, outcome: 'failed', reason: 'invalid_client' }]
  ])
  await ada.submit('/auth/revoke')
  t.same(endsOf(events), [['revoke', { ...OWN, outcome: 'confirmed' }]])

  await ada.visit(google, SCOPED, { sub: ADA.sub })
  events.splice(0)
  google.revokeGrant(ADA.sub)
  await ada.fetch('/events')
  const lost = { ...OWN, reason: 'invalid_grant', likelyCause: 'revoked' }
  t.match(endsOf(events), [
    ['api-call', { outcome: 'failed', reason: 'invalid_grant' }],
    ['refresh', { ...lost, outcome: 'lost' }],
    ['grant-lost', { ...lost, outcome: 'told' }]
  ])
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  events.splice(0)
  google.failNext('revoke', { status: 500 })
  await ada.submit('/auth/revoke')
  t.match(endsOf(events), [['revoke', { ...OWN, outcome: 'unconfirmed', reason: 'http_500' }]])
})

t.test('connected accounts, and an end that Google is not asked for', async (t) => {
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google)
  const events = watch(t, 'sign-in', 'revoke')
  await connect(of('ann'), ADA)
  await connect(of('bob'), ADA)
  await app.googleAuth.revoke('ann')
  const [ann, bob] = ['ann', 'bob'].map((owner) => ({ owner, account: ADA.sub }))
  t.same(endsOf(events), [
    ['sign-in', { outcome: 'connected', kind: 'connect', ...ann }],
    ['sign-in', { outcome: 'connected', kind: 'connect', ...bob }],
    ['revoke', { outcome: 'kept', ...ann }]
  ])
})

t.test('the storage: commands, and what the cache has', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser } = await startApp(t, google, { options: { redis: redis.url, cache: true } })
  const events = watch(t, 'storage')
  const operations = (): string[] =>
    events.splice(0).map(({ ended = {} }) => {
      const { operation, outcome, cached, ...more } = ended as Record<string, string | boolean>
      t.same(more, {}, 'and nothing else')
      t.equal(outcome, 'done')
      return operation === 'lookup' ? `${operation} ${cached ? 'hit' : 'miss'}` : String(operation)
    })
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  const signingIn = operations()
  for (const operation of ['lease', 'write']) t.ok(signingIn.includes(operation), operation)
  await ada.fetch('/events')
  const cold = operations()
  for (const operation of ['lookup miss', 'read']) t.ok(cold.includes(operation), operation)
  await ada.fetch('/events')
  t.same(operations(), ['lookup hit', 'lookup hit'], 'a session and a token')
  google.expireAccessTokens()
  await ada.fetch('/events')
  t.ok(operations().includes('write'), 'a refresh is stored')
  await ada.submit('/auth/signout')
  t.ok(operations().includes('write'), 'a session ends')
})

t.test('Redis in trouble', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser } = await startApp(t, google, { options: { redis: redis.url } })
  const ada = browser()
  await ada.visit(google, '/auth/start', { sub: ADA.sub })
  const events = watch(t, 'storage')
  redis.freeze()
  t.equal((await ada.fetch('/me')).status, 503)
  redis.thaw()
  t.match(endsOf(events), [
    ['storage', { operation: 'read', outcome: 'failed', error: { code: 'GOOGLE_AUTH_STORAGE' } }]
  ])
})

t.test('the core without the plugin', async (t) => {
  const google = await startGoogle(t)
  const credentials = ServiceAccountCredentials.fromKey(await google.createServiceAccount(), { scopes: [CALENDAR] })
  const events = watch(t, 'refresh', 'api-call')
  await credentials.request({ url: google.apiOrigin + EVENTS_PATH })
  const { host } = new URL(google.apiOrigin)
  t.same(endsOf(events), [
    ['api-call', { method: 'GET', host, outcome: 'answered', status: 200 }],
    ['refresh', { outcome: 'refreshed' }]
  ])
})

t.test('a request to one of the routes is told before any hook', async (t) => {
  const google = await startGoogle(t)
  const order: unknown[] = []
  const { browser } = await startApp(t, google, {
    before: (app) => app.addHook('onRequest', async () => void order.push('hook'))
  })
  const tell = (message: unknown): void => void order.push(message)
  subscribe('fastify-google-auth:route-reached', tell)
  t.teardown(() => unsubscribe('fastify-google-auth:route-reached', tell))
  await browser().send('/auth/return?code=4/secret&state=s', { method: 'PUT' })
  await browser().fetch('/')
  t.same(order, [{ path: '/auth/return' }, 'hook', 'hook'])
})
