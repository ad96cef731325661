/** Nothing that is exported, published or logged holds a token, a code, a state, a verifier, a secret or an address. */
import { subscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import t from 'tap'
import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import { CHANNELS } from '../../src/core/channels.js'
import { enableTelemetry } from '../../src/opentelemetry.js'
import { ADA, CALENDAR, SECRET, startApp, startGoogle, startRedisFor } from '../support/app.js'
import { startSdk } from '../support/telemetry.js'

const sdk = startSdk()
const SCOPED = `/auth/start?scope=${encodeURIComponent(CALENDAR)}`

t.test('all that is told, in a session with trouble of every kind', { timeout: 60_000 }, async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const needles = new Map<string, string>([[ADA.email, 'address']])
  const keep = (what: string, value: unknown): void => {
    if (typeof value === 'string' && value.length >= 8) needles.set(value, what)
  }
  keep('client secret', google.clientSecrets.web.client_secret)
  keep('secret', SECRET)
  google.tamper({
    tokenResponse(body) {
      for (const name of ['access_token', 'refresh_token', 'id_token']) keep(name, body[name])
    }
  })

  const published: string[] = []
  for (const channel of Object.values(CHANNELS)) {
    for (const moment of ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const) {
      const { name } = channel[moment]
      subscribe(name, (facts) => published.push(`${String(name)} ${inspect(facts, { depth: 9, showHidden: true })}`))
    }
  }
  subscribe('fastify-google-auth:route-reached', (message) => published.push(inspect(message)))
  t.teardown(enableTelemetry(sdk))
  // The verifier is only in the request to the token endpoint, for which the plugin takes the `fetch` that is there now.
  const { fetch } = globalThis
  globalThis.fetch = (input, init) => {
    if (init?.body instanceof URLSearchParams) keep('code_verifier', init.body.get('code_verifier'))
    return fetch(input, init)
  }
  const starting = startApp(t, google, { options: { redis: redis.url, cache: true } })
  const { browser, log, app, port } = await starting.finally(() => (globalThis.fetch = fetch))

  const ada = browser()
  const signIn = async (tamper: (url: URL) => void = () => {}): Promise<void> => {
    const authorize = new URL(await ada.start(SCOPED.replace('/auth/start', '')))
    for (const name of ['state', 'nonce', 'code_challenge']) keep(name, authorize.searchParams.get(name))
    const returned = new URL(await google.approve(authorize.href, ADA))
    keep('code', returned.searchParams.get('code'))
    tamper(returned)
    for (const name of ada.cookieNames('google-auth')) keep(name, ada.cookies.get(name)?.value)
    await ada.navigate(returned.href.slice(ada.origin.length))
    for (const name of ada.cookieNames('google-auth')) keep(name, ada.cookies.get(name)?.value)
  }
  await signIn()
  await signIn((url) => url.searchParams.set('code', `${url.searchParams.get('code')}x`))
  await signIn((url) => url.searchParams.set('error', 'access_denied'))
  await signIn((url) => url.searchParams.append('state', 'x'))
  for (const fault of [{ status: 500 }, { html: true as const }, { status: 200, body: '{"access_token": "ya29.cut' }]) {
    google.failNext('token', fault)
    await signIn()
  }
  const undo = google.tamper({ tokenResponse: (body) => void (body['id_token'] = `${String(body['id_token'])}x`) })
  await signIn()
  undo()
  await signIn()
  for (const fault of [null, { error: 'invalid_client' }, { error: 'invalid_grant' }]) {
    google.expireAccessTokens()
    if (fault) google.failNext('token', { status: 400, body: fault })
    await ada.fetch('/events')
  }
  await signIn()
  google.failNext('api', { status: 500 })
  await ada.fetch('/events')
  await ada.fetch('/events')
  redis.freeze()
  await app.googleAuth
    .clientFor(ADA.sub)
    .token()
    .catch(() => undefined)
  redis.thaw()
  google.failNext('revoke', { status: 500 })
  await ada.submit('/auth/revoke')
  await app.close()

  // Google and the browser run in this process, too: their own spans are not what the app exports.
  const isOfTheApp = ({ kind, attributes, instrumentationScope: { name } }: ReadableSpan): boolean =>
    name === 'fastify-google-auth' || (kind === SpanKind.SERVER && attributes['server.port'] === port)
  const exported = sdk
    .spans()
    .filter(isOfTheApp)
    .map(({ name, attributes, events, status, links, resource }) => {
      return inspect({ name, attributes, events, status, links, resource: resource.attributes }, { depth: 9 })
    })
  const measured = inspect([...(await sdk.metrics()).values()], { depth: 9 })
  const places: Record<string, string> = {
    spans: exported.join('\n'),
    metrics: measured,
    channels: published.join('\n'),
    // The whole log is searched for secrets in test/plugin/logs.test.ts.
    events: log.filter((line) => line.includes('"event"')).join('\n')
  }
  const kinds = new Set(needles.values())
  for (const kind of [
    'access_token',
    'refresh_token',
    'id_token',
    'state',
    'nonce',
    'code',
    'code_verifier',
    'client secret'
  ])
    t.ok(kinds.has(kind), `a ${kind} is looked for`)
  for (const channel of Object.values(CHANNELS))
    t.match(places['channels'], String(channel.asyncEnd.name), 'each channel was heard')
  for (const name of ['sign_in', 'refresh', 'api_call', 'revoke']) t.match(places['spans'], `google_auth.${name}`)
  t.match(places['spans'], '/auth/return', 'spans of the HTTP server too')
  for (const [place, text] of Object.entries(places)) {
    t.ok(text.length > 100, `something in ${place}`)
    for (const [needle, what] of needles) {
      for (const form of new Set([needle, encodeURIComponent(needle), decodeURIComponent(needle)])) {
        const at = text.indexOf(form)
        if (at >= 0) t.fail(`${what} in ${place}`, { around: text.slice(Math.max(0, at - 300), at + 60) })
      }
    }
    t.notMatch(text, /ya29\.|eyJ[\w-]+\.eyJ|code_verifier/, `nothing in ${place} looks like a secret`)
  }
})
