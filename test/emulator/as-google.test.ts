/** What Google takes and the plugin's own tests do not send: the emulator takes it too, unless it is strict. */
import { createVerify, X509Certificate } from 'node:crypto'
import t from 'tap'
import { startGoogleEmulator } from '../../src/emulator.js'
import { ADA, api, CALENDAR, credentials, exchange, login, post, REDIRECT_URI, signIn, startFor } from './app.js'

const lenient = (t: Parameters<typeof startFor>[0]) => startFor(t, { strict: false })
const claimsOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString())
const NO_PKCE = { code_challenge: null, code_challenge_method: null }

t.test('without state, nonce and PKCE', async (t) => {
  const google = await lenient(t)
  const attempt = login(google, { state: null, nonce: null, ...NO_PKCE })
  const returned = new URL(await google.approve(attempt.url))
  t.notOk(returned.searchParams.has('state'))
  const form = {
    ...credentials(google),
    grant_type: 'authorization_code',
    code: returned.searchParams.get('code')!,
    redirect_uri: REDIRECT_URI
  }
  const { status, body } = await post(google.endpoints.token, form)
  t.equal(status, 200)
  t.notOk('nonce' in claimsOf(body.id_token))

  const short = new URL(await google.approve(login(google, { state: 'abc' }).url))
  t.equal(short.searchParams.get('state'), 'abc')
})

t.test('PKCE is checked when it was sent, and a verifier without a challenge is refused', async (t) => {
  const google = await lenient(t)
  const good = login(google)
  t.equal((await exchange(google, await google.approve(good.url), good)).status, 200)
  const bad = login(google)
  const refused = { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid code verifier.' } }
  t.match(await exchange(google, await google.approve(bad.url), bad, { code_verifier: 'x'.repeat(43) }), refused)
  const needless = login(google, NO_PKCE)
  t.match(await exchange(google, await google.approve(needless.url), needless), {
    status: 400,
    body: { error: 'invalid_grant' }
  })
  const verifier = 'v'.repeat(43)
  for (const method of ['plain', null]) {
    const plain = login(google, { code_challenge: verifier, code_challenge_method: method })
    const returned = await google.approve(plain.url)
    t.equal((await exchange(google, returned, { ...plain, verifier })).status, 200, String(method))
  }
  for (const changes of [
    { code_challenge: null },
    { code_challenge: 'short' },
    { code_challenge: 'a'.repeat(50) },
    { code_challenge_method: 'S512' }
  ]) {
    await t.rejects(google.approve(login(google, changes).url), { name: 'EmulatorPageError', error: 'invalid_request' })
  }
})

t.test('a scope that signs in brings openid and an ID token', async (t) => {
  const google = await lenient(t)
  const body = await signIn(google, { scope: 'email' })
  t.same(new Set(body.scope.split(' ')), new Set(['openid', 'https://www.googleapis.com/auth/userinfo.email']))
  t.match(claimsOf(body.id_token), { sub: ADA, email: 'ada@example.com' })
  t.equal((await signIn(google, { scope: CALENDAR, include_granted_scopes: 'false' })).id_token, undefined)
})

t.test('tokens and codes in a query, in JSON, and by two ways at once', async (t) => {
  const google = await lenient(t)
  const { token, revocation, userinfo, tokeninfo } = google.endpoints
  const { access_token, refresh_token, id_token } = await signIn(google, { scope: `openid email ${CALENDAR}` })
  const query = `?access_token=${encodeURIComponent(access_token)}`
  const authorization = `Bearer ${access_token}`
  const json = async (url: string, init?: RequestInit) => (await fetch(url, init)).json()

  t.match(await json(userinfo + query), { sub: ADA })
  t.match(await post(userinfo, { access_token }), { body: { sub: ADA } })
  t.equal((await api(google, null, query)).status, 200)
  for (const answer of [
    await json(tokeninfo + query),
    await json(tokeninfo, { headers: { authorization } }),
    await json(tokeninfo, { method: 'POST', headers: { authorization } }),
    (await post(tokeninfo, { access_token })).body
  ]) {
    t.match(answer, { sub: ADA, email: 'ada@example.com' })
  }
  t.match(await json(`${tokeninfo}?id_token=${id_token}`), { sub: ADA, email_verified: 'true', alg: 'RS256' })
  t.match(await post(tokeninfo, { id_token: `${id_token}x` }), { status: 400, body: { error: 'invalid_token' } })

  const { web } = google.clientSecrets
  const form = { ...credentials(google), grant_type: 'refresh_token', refresh_token: String(refresh_token) }
  t.match(await json(`${token}?${new URLSearchParams(form).toString()}`, { method: 'POST' }), { token_type: 'Bearer' })
  const headers = { 'content-type': 'application/json' }
  t.match(await json(token, { method: 'POST', headers, body: JSON.stringify(form) }), { token_type: 'Bearer' })
  const basic = `Basic ${Buffer.from(`${web.client_id}:${web.client_secret}`).toString('base64')}`
  t.equal((await post(token, form, { authorization: basic })).status, 200)
  t.match(await post(`${token}?grant_type=refresh_token`, form), { status: 400, body: { error: 'invalid_request' } })
  t.match(await json(token, { method: 'POST', body: '[]', headers }), { error: 'invalid_request' })
  t.match(await json(token, { method: 'POST', body: 'x', headers: { 'content-type': 'text/x' } }), {
    error: 'invalid_request'
  })

  const ended = await fetch(`${revocation}?token=${encodeURIComponent(refresh_token)}`, { method: 'POST' })
  t.equal(ended.status, 200)
  t.same(google.grants(ADA), { scopes: [], refreshTokens: 0 })
})

t.test('every path that Google has had answers, and each counts for its endpoint', async (t) => {
  const google = await lenient(t)
  const { access_token } = await signIn(google)
  const headers = { authorization: `Bearer ${access_token}` }
  const { web } = google.clientSecrets
  google.resetCounts()
  for (const path of ['/o/oauth2/auth', '/o/oauth2/v2/auth']) {
    t.match(await google.approve(login(google).url.replace(/^[^?]*/, google.issuer + path)), 'code=', path)
  }
  t.equal(google.count('authorize'), 2)
  for (const path of ['/token', '/oauth2/v4/token', '/o/oauth2/token']) {
    t.match(await post(google.issuer + path, {}), { status: 400, body: { error: 'invalid_request' } }, path)
  }
  t.equal(google.count('token'), 3)
  for (const path of ['/revoke', '/o/oauth2/revoke']) {
    t.match(await post(google.issuer + path, { token: 'x' }), { body: { error: 'invalid_token' } }, path)
  }
  for (const path of ['/userinfo', '/v1/userinfo', '/oauth2/v3/userinfo']) {
    t.match(await (await fetch(google.issuer + path, { headers })).json(), { sub: ADA }, path)
  }
  const old = await (await fetch(`${google.issuer}/oauth2/v2/userinfo`, { headers })).json()
  t.match(old, { id: ADA, verified_email: true, email: 'ada@example.com' })
  for (const path of ['/tokeninfo', '/oauth2/v3/tokeninfo']) {
    t.match(await (await fetch(google.issuer + path, { headers })).json(), { sub: ADA }, path)
  }
  t.equal(web.auth_provider_x509_cert_url, `${google.issuer}/oauth2/v1/certs`)
})

t.test('a path that is not one, and a body that is too large, are answered as by an API', async (t) => {
  const google = await lenient(t)
  t.equal((await fetch(`${google.issuer}/%zz`)).status, 400)
  const body = new URLSearchParams({ token: 'x'.repeat(2_000_000) })
  const large = await fetch(google.endpoints.revocation, { method: 'POST', body })
  t.match(await large.json(), { error: { code: 413, errors: [{ reason: 'badRequest' }] } })
})

t.test('the keys are there as certificates too', async (t) => {
  const google = await lenient(t)
  const { id_token } = await signIn(google)
  const [header = '', claims = '', signature = ''] = (id_token as string).split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const pems = (await (await fetch(google.clientSecrets.web.auth_provider_x509_cert_url)).json()) as Record<
    string,
    string
  >
  t.equal(Object.keys(pems).length, 2)
  const certificate = new X509Certificate(pems[kid]!)
  t.ok(certificate.verify(certificate.publicKey), 'signed by itself')
  t.match([certificate.subject, certificate.issuer], ['CN=Google emulator', 'CN=Google emulator'])
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
  t.ok(verify.verify(pems[kid]!, signature, 'base64url'))
})

t.test('under NODE_ENV=production it starts only when told to', async (t) => {
  const before = process.env.NODE_ENV
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  process.env.NODE_ENV = 'production'
  await t.rejects(startGoogleEmulator(), { message: /NODE_ENV=production.*allowInProduction/ })
  const google = await startGoogleEmulator({ allowInProduction: true })
  await google.close()
})
