/** Spans and metrics, read from the exporters of a real SDK. */
import t from 'tap'
import type { Attributes } from '@opentelemetry/api'
import { trace } from '@opentelemetry/api'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { enableTelemetry } from '../../src/opentelemetry.js'
import { ADA, CALENDAR, EVENTS_PATH, GRACE, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'
import { startSdk } from '../support/telemetry.js'

const sdk = startSdk()
const SCOPED = `/auth/start?scope=${encodeURIComponent(CALENDAR)}`
const OWN = { 'google_auth.owner': ADA.sub, 'google_auth.account': ADA.sub }

/** Our spans since the last call, each as its name and attributes. */
const ours = (): [string, Attributes][] =>
  ourSpans(sdk.spans()).map(({ name, attributes }) => [name, attributes] as [string, Attributes])

function ourSpans(spans: ReadableSpan[]): ReadableSpan[] {
  return spans.filter(({ instrumentationScope }) => instrumentationScope.name === 'fastify-google-auth')
}

/** The points of a metric: attributes, and the value or the count of a histogram. */
const pointsOf = (metric: MetricData | undefined): [Attributes, number][] =>
  (metric?.dataPoints ?? []).map(({ attributes, value }) => [
    attributes,
    typeof value === 'number' ? value : value.count
  ])

t.test('sign-ins, refreshes, API calls, lost grants, ends', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  t.teardown(enableTelemetry(sdk))
  sdk.spans()
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  t.same(ours(), [
    ['google_auth.sign_in', { 'google_auth.kind': 'sign-in', 'google_auth.outcome': 'signed-in', ...OWN }]
  ])
  await browser().visit(google, '/auth/start', { cancel: true, sub: GRACE.sub })
  t.same(ours(), [
    [
      'google_auth.sign_in',
      {
        'google_auth.kind': 'sign-in',
        'google_auth.outcome': 'refused',
        'google_auth.reason': 'access_denied',
        'error.type': 'GOOGLE_AUTH_AUTHORIZATION'
      }
    ]
  ])

  google.expireAccessTokens()
  await ada.fetch('/events')
  const all = sdk.spans()
  const [refresh, call] = ourSpans(all)
  t.same(refresh?.attributes, { 'google_auth.outcome': 'refreshed', ...OWN })
  const { hostname, port } = new URL(google.apiOrigin)
  t.same(call?.attributes, {
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'google_auth.outcome': 'answered',
    'server.address': hostname,
    'server.port': Number(port)
  })
  t.equal(refresh?.parentSpanContext?.spanId, call?.spanContext().spanId, 'the refresh belongs to the call')
  const server = all.find(({ attributes }) => attributes['url.path'] === '/events')
  t.equal(call?.parentSpanContext?.spanId, server?.spanContext().spanId, 'and the call to the request')

  google.expireAccessTokens()
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  await ada.fetch('/events')
  const failed = ourSpans(sdk.spans())
  t.match(
    failed.map(({ name, attributes, status }) => [name, attributes['error.type'], status.code]),
    [
      ['google_auth.refresh', 'GOOGLE_AUTH_REFRESH', 2],
      ['google_auth.api_call', 'GOOGLE_AUTH_REFRESH', 2]
    ]
  )
  google.failNext('revoke', { status: 500 })
  await ada.submit('/auth/revoke')
  t.match(ours(), [['google_auth.revoke', { 'google_auth.outcome': 'unconfirmed', 'google_auth.reason': 'http_500' }]])
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  google.revokeGrant(ADA.sub)
  await ada.fetch('/events')
  t.match(ours().slice(-2), [
    [
      'google_auth.refresh',
      { 'google_auth.outcome': 'lost', 'google_auth.reason': 'invalid_grant', 'google_auth.likely_cause': 'revoked' }
    ],
    ['google_auth.api_call', { 'google_auth.outcome': 'failed' }]
  ])

  const metrics = await sdk.metrics()
  t.same(pointsOf(metrics.get('google_auth.sign_ins')), [
    [{ 'google_auth.kind': 'sign-in', 'google_auth.outcome': 'signed-in' }, 2],
    [
      {
        'google_auth.kind': 'sign-in',
        'google_auth.outcome': 'refused',
        'error.type': 'GOOGLE_AUTH_AUTHORIZATION'
      },
      1
    ],
    // Google knew the user, so a second round brought the refresh token.
    [{ 'google_auth.outcome': 'unchanged' }, 1]
  ])
  const refreshes = pointsOf(metrics.get('google_auth.refreshes'))
  for (const [outcome, type] of [
    ['refreshed', undefined],
    ['failed', 'GOOGLE_AUTH_REFRESH'],
    ['lost', 'GOOGLE_AUTH_GRANT_LOST']
  ]) {
    const found = refreshes.filter(([attributes]) => attributes['google_auth.outcome'] === outcome)
    t.equal(found.length, 1)
    t.equal(found[0]?.[0]['error.type'], type)
  }
  t.same(pointsOf(metrics.get('google_auth.lost_grants')), [[{ 'google_auth.likely_cause': 'revoked' }, 1]])
  t.same(pointsOf(metrics.get('google_auth.revocations')), [
    [{ 'google_auth.outcome': 'unconfirmed', 'error.type': 'GOOGLE_AUTH_REVOKE' }, 1]
  ])
  t.same(pointsOf(metrics.get('google_auth.key_fetches')), [[{ 'google_auth.outcome': 'fetched' }, 1]])
  const calls = pointsOf(metrics.get('google_auth.api_call.duration'))
  t.match(calls, [[{ 'http.request.method': 'GET', 'http.response.status_code': 200, 'server.address': hostname }, 1]])
  const measured = JSON.stringify([...metrics.values()].map(pointsOf))
  t.notMatch(measured, ADA.sub, 'no metric names a person')
})

t.test('the cache and the storage', async (t) => {
  t.teardown(enableTelemetry(sdk)) // before the plugin is registered
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const { browser } = await startApp(t, google, { options: { redis: redis.url, cache: true } })
  const ada = browser()
  await ada.visit(google, SCOPED, { sub: ADA.sub })
  const lookups = async (): Promise<Record<string, number>> => {
    const points = pointsOf((await sdk.metrics()).get('google_auth.cache.lookups'))
    return Object.fromEntries(
      points.map(([attributes, count]) => [String(attributes['google_auth.cache.result']), count])
    )
  }
  await ada.fetch('/events')
  const cold = await lookups()
  t.ok(cold['miss']! >= 2)
  await ada.fetch('/events')
  const warm = await lookups()
  t.same(warm, { miss: cold['miss'], hit: (cold['hit'] ?? 0) + 2 }, 'a session and a token')
  const storage = (await sdk.metrics()).get('google_auth.storage.duration')
  t.equal(storage?.descriptor.unit, 's')
  const operations = pointsOf(storage).map(([attributes]) => attributes['google_auth.storage.operation'])
  for (const operation of ['read', 'lease', 'write']) t.ok(operations.includes(operation), operation)
})

t.test('a connect', async (t) => {
  t.teardown(enableTelemetry(sdk))
  const google = await startGoogle(t)
  const { of, connect, app } = await startConnectApp(t, google)
  sdk.spans()
  await connect(of('ann'), ADA)
  await app.googleAuth.clientFor('ann', ADA.sub).fetch(google.apiOrigin + EVENTS_PATH)
  t.match(ours(), [
    ['google_auth.sign_in', { 'google_auth.kind': 'connect', 'google_auth.owner': 'ann' }],
    ['google_auth.api_call', {}]
  ])
})

t.test('a span that the app begins inside of ours is the parent of what follows', async (t) => {
  t.teardown(enableTelemetry(sdk))
  const google = await startGoogle(t)
  const { browser, app } = await startApp(t, google, {
    options: {
      onSignIn: (_request, { user, firstSignIn }) =>
        firstSignIn
          ? undefined
          : trace.getTracer('the app').startActiveSpan('welcome', async (span) => {
              await app.googleAuth.clientFor(user.sub).fetch(google.apiOrigin + EVENTS_PATH)
              span.end()
            })
    }
  })
  for (let times = 0; times < 2; times++) await browser().visit(google, SCOPED, { sub: ADA.sub })
  const spans = sdk.spans()
  const welcome = spans.find(({ name }) => name === 'welcome')
  const call = spans.find(({ name }) => name === 'google_auth.api_call')
  t.ok(welcome && call)
  t.equal(call?.parentSpanContext?.spanId, welcome?.spanContext().spanId)
})

t.test('the query of our routes is blanked on the span of the HTTP server', async (t) => {
  const stop = enableTelemetry(sdk)
  t.teardown(stop)
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, {
    before(app) {
      // As an instrumentation of Fastify does: a span of its own around the route, here by older names.
      app.addHook('onRequest', (request, _reply, done) => {
        const attributes = { 'http.target': request.url, 'http.url': `http://127.0.0.1${request.url}` }
        trace.getTracer('another').startActiveSpan('fastify', { attributes }, (span) => {
          request.raw.once('close', () => span.end())
          done()
        })
      })
      app.addHook('onRequest', async (request) => {
        if (request.headers['x-refuse']) throw Object.assign(new Error('too many'), { statusCode: 429 })
      })
    }
  })
  sdk.spans()
  const serverSpans = (): [unknown, unknown][] =>
    sdk
      .spans()
      .filter(({ attributes }) => attributes['url.path'] === '/auth/return')
      .map(({ attributes }) => [attributes['url.path'], attributes['url.query']])
  const blank = ['/auth/return', '']
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  const inner = sdk.spans().filter(({ name }) => name === 'fastify')
  t.match(
    inner.map(({ attributes }) => attributes),
    [{}, { 'http.target': '/auth/return', 'http.url': 'http://127.0.0.1/auth/return' }]
  )
  t.notMatch(JSON.stringify(inner[1]?.attributes), 'code=')
  const path = '/auth/return?code=4/secret-code&state=secret-state'
  await browser().navigate(path)
  await browser().send(path, { method: 'PUT' })
  await browser().send(path, { headers: { 'x-refuse': '1' } })
  t.same(serverSpans(), [blank, blank, blank], 'also where the request is refused before')
  await browser().fetch('/?page=2')
  const others = sdk.spans().map(({ attributes }) => attributes['url.query'])
  t.ok(others.includes('page=2'), 'other routes keep theirs')
  stop()
  await browser().navigate(path)
  t.match(serverSpans()[0]?.[1], 'secret-code', 'without telemetry the span has it')
})

t.test('the function that comes back takes everything away', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google)
  const stop = enableTelemetry(sdk)
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  t.equal(ours().length, 1)
  const before = await sdk.metrics()
  stop()
  stop()
  await browser().visit(google, '/auth/start', { sub: ADA.sub })
  t.same(ours(), [])
  t.same([...(await sdk.metrics()).values()].map(pointsOf), [...before.values()].map(pointsOf), 'no metric has moved')
})

t.test('without an SDK nothing breaks', async (t) => {
  trace.disable()
  const stop = enableTelemetry()
  t.teardown(stop)
  const google = await startGoogle(t)
  const { signedIn } = await startApp(t, google)
  t.equal((await (await signedIn()).fetch('/me')).status, 200)
})
