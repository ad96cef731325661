import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { startGoogleEmulator } from '../../src/emulator.js'
import { warningsDuring } from '../support/warnings.js'
import { api, CALENDAR, exchange, login, refresh, signIn, startFor } from './app.js'

t.test('faults apply once, or as often as asked', async (t) => {
  const google = await startFor(t)
  const { refresh_token, access_token } = await signIn(google, { scope: `openid ${CALENDAR}` })

  google.failNext('token', { status: 503, body: { error: 'backend' }, headers: { 'retry-after': '7' } })
  const failed = await refresh(google, refresh_token)
  t.match(failed, { status: 503, body: { error: 'backend' } })
  t.equal(failed.headers.get('retry-after'), '7')
  t.equal((await refresh(google, refresh_token)).status, 200)

  google.failNext('api', { status: 429, times: 2 })
  t.equal((await api(google, access_token)).status, 429)
  t.equal((await api(google, access_token)).status, 429)
  t.equal((await api(google, access_token)).status, 200)

  t.throws(() => google.failNext('calendar' as 'api', {}), { message: /no endpoint calendar; there are .*\bapi\b/ })
  const undo = google.failNext('api', { status: 500 })
  undo()
  t.equal((await api(google, access_token)).status, 200)
  t.equal(google.count('api'), 4, 'faulted requests count')
})

t.test('`when` selects the requests of a fault', async (t) => {
  const google = await startFor(t)
  google.failNext('token', { status: 500, when: ({ grantType }) => grantType === 'refresh_token' })
  const { refresh_token } = await signIn(google)
  t.equal((await refresh(google, refresh_token)).status, 500)
  t.equal((await refresh(google, refresh_token)).status, 200)
})

t.test('HTML, text, delays, headers, dropped connections and silence', async (t) => {
  const google = await startFor(t)
  const { jwks } = google.endpoints
  google.failNext('jwks', { html: true })
  const page = await fetch(jwks)
  t.match([page.status, page.headers.get('content-type')], [502, 'text/html'])
  google.failNext('jwks', { body: '{"broken', headers: { 'content-type': 'application/json' }, status: 200 })
  t.equal(await (await fetch(jwks)).text(), '{"broken')

  google.failNext('jwks', { delayMs: 120, headers: { date: 'Thu, 01 Jan 1970 00:00:00 GMT' } })
  const before = Date.now()
  const late = await fetch(jwks)
  t.ok(Date.now() - before >= 115)
  t.equal(late.headers.get('date'), 'Thu, 01 Jan 1970 00:00:00 GMT')
  t.equal(((await late.json()) as { keys: unknown[] }).keys.length, 2)

  google.failNext('discovery', { reset: true })
  await t.rejects(fetch(`${google.issuer}/.well-known/openid-configuration`))
  google.failNext('revoke', { hang: true })
  const signal = AbortSignal.timeout(50)
  await t.rejects(fetch(google.endpoints.revocation, { method: 'POST', body: new URLSearchParams(), signal }), {
    name: 'TimeoutError'
  })
})

t.test('many late answers at once warn of no leak', async (t) => {
  const google = await startFor(t)
  const { jwks } = google.endpoints
  google.failNext('jwks', { delayMs: 200, times: 30 })
  const warnings = await warningsDuring(() => Promise.all(Array.from({ length: 30 }, () => fetch(jwks))))
  t.same(warnings, [])
})

t.test('a request can take effect although its answer is lost', async (t) => {
  const google = await startFor(t, { rotateRefreshTokens: true })
  const { refresh_token } = await signIn(google)
  google.failNext('token', { reset: true, afterEffect: true })
  await t.rejects(refresh(google, refresh_token))
  t.match((await refresh(google, refresh_token)).body, { error: 'invalid_grant' })
  const again = (await signIn(google, { prompt: 'consent' })).refresh_token
  google.failNext('token', { status: 502, afterEffect: true })
  t.equal((await refresh(google, again)).status, 502)
  t.match((await refresh(google, again)).body, { error: 'invalid_grant' })
  google.failNext('jwks', { afterEffect: true, delayMs: 1 })
  t.equal((await fetch(google.endpoints.jwks)).status, 200)
})

t.test('close ends hanging requests and long delays', async (t) => {
  const google = await startGoogleEmulator({ strict: true })
  google.failNext('jwks', { hang: true })
  google.failNext('jwks', { delayMs: 3_600_000 })
  google.failNext('jwks', { hang: true, afterEffect: true })
  const open = [1, 2, 3].map(() =>
    fetch(google.endpoints.jwks).then(
      () => 'answered',
      () => 'dropped'
    )
  )
  while (google.count('jwks') < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  await google.close()
  t.same(await Promise.all(open), ['dropped', 'dropped', 'dropped'])
  await t.rejects(fetch(google.issuer))
})

t.test('ID tokens, answers and callbacks can be tampered with', async (t) => {
  const google = await startFor(t)
  const headerOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString())
  const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString())
  const keys = createLocalJWKSet((await (await fetch(google.endpoints.jwks)).json()) as { keys: [] })

  const undo = google.tamper({ idToken: (claims) => void (claims.aud = 'another') })
  const { id_token, refresh_token } = await signIn(google)
  t.equal(claimsOf(id_token).aud, 'another')
  await jwtVerify(id_token, keys, { audience: 'another' })
  undo()
  const token = async () => (await refresh(google, refresh_token)).body.id_token as string
  t.not(claimsOf(await token()).aud, 'another')

  for (const alg of ['none', 'HS256']) {
    const undo = google.tamper({ idToken: (_claims, header) => void (header.alg = alg) })
    const jwt = await token()
    t.equal(headerOf(jwt).alg, alg)
    t.equal(jwt.endsWith('.'), alg === 'none')
    undo()
  }
  const undoTwo = google.tamper({ idToken: () => ({ claims: { sub: 'x' }, header: { alg: 'RS256' } }) })
  t.same(claimsOf(await token()), { sub: 'x' })
  const undoThree = google.tamper({
    idToken: () => ({ jwt: 'a.b.c' }),
    tokenResponse: (body) => ({ ...body, extra: 1 })
  })
  t.match((await refresh(google, refresh_token)).body, { id_token: 'a.b.c', extra: 1 })
  undoTwo()
  undoThree()

  google.tamper({ callback: (parameters) => parameters.set('iss', 'https://evil.example') })
  const attempt = login(google)
  const returned = await google.approve(attempt.url)
  t.equal(new URL(returned).searchParams.get('iss'), 'https://evil.example')
  t.equal((await exchange(google, returned, attempt)).status, 200)
})

t.test('after a rotation, the key set does not have the old key', async (t) => {
  const google = await startFor(t)
  const keySet = async () => createLocalJWKSet((await (await fetch(google.endpoints.jwks)).json()) as { keys: [] })
  const { id_token, refresh_token } = await signIn(google)
  const old = await keySet()
  google.rotateKeys()
  const fresh = (await refresh(google, refresh_token)).body.id_token
  await t.rejects(jwtVerify(fresh, old), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  await t.rejects(jwtVerify(id_token, await keySet()), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  await jwtVerify(fresh, await keySet())
})

t.test('options are checked', async (t) => {
  await t.rejects(startGoogleEmulator({ accessTokenLifetimeS: 0 }), {
    name: 'TypeError',
    message: /accessTokenLifetimeS/
  })
  await t.rejects(startGoogleEmulator({ clients: [], redirectUris: [] }), { name: 'TypeError' })
  const twins = [1, 2].map((name) => ({
    sub: '1',
    email: `${name}@x.example`,
    name: '',
    givenName: '',
    familyName: ''
  }))
  await t.rejects(startGoogleEmulator({ users: twins }), { name: 'TypeError' })
})
