import t from 'tap'
import {
  ADA,
  api,
  CALENDAR,
  credentials,
  exchange,
  login,
  post,
  refresh,
  REDIRECT_URI,
  signIn,
  startFor
} from './app.js'

t.test('the exchange is refused, and the code is used up', async (t) => {
  const google = await startFor(t)
  const mistakes: Record<string, string>[] = [
    { redirect_uri: 'http://localhost:3000/auth/return' },
    { code_verifier: 'x'.repeat(43) },
    { code_verifier: 'short' },
    { code_verifier: '' }
  ]
  for (const changes of mistakes) {
    const attempt = login(google)
    const returned = await google.approve(attempt.url)
    const { status, body } = await exchange(google, returned, attempt, changes)
    t.equal(status, 400)
    t.match(body, { error: 'invalid_grant', error_description: String })
    t.match((await exchange(google, returned, attempt)).body, { error: 'invalid_grant' })
  }
})

t.test('an unknown code, and one of another client, are refused', async (t) => {
  const google = await startFor(t)
  const other = google.addClient({ redirectUris: [REDIRECT_URI] })
  const attempt = login(google)
  const returned = await google.approve(attempt.url)
  const stolen = await exchange(google, returned, attempt, credentials(google, other.clientId))
  t.match(stolen, { status: 400, body: { error: 'invalid_grant' } })
  t.match(await exchange(google, returned, attempt, { code: 'x' }), {
    status: 400,
    body: { error: 'invalid_grant', error_description: 'Malformed auth code.' }
  })
  t.equal((await exchange(google, returned, attempt)).status, 200)
})

t.test('a code ends after a minute', async (t) => {
  let now = Date.now()
  const google = await startFor(t, { now: () => now })
  const attempt = login(google)
  const returned = await google.approve(attempt.url)
  now += 60_001
  t.match((await exchange(google, returned, attempt)).body, { error: 'invalid_grant' })
})

t.test('a second use of a code ends the tokens of the first, and those of refreshes', async (t) => {
  const google = await startFor(t)
  const attempt = login(google, { scope: `openid ${CALENDAR}` })
  const returned = await google.approve(attempt.url)
  const first = (await exchange(google, returned, attempt)).body
  const second = (await refresh(google, first.refresh_token)).body
  t.equal((await api(google, second.access_token)).status, 200)
  t.match((await exchange(google, returned, attempt)).body, { error: 'invalid_grant' })
  t.equal((await api(google, first.access_token)).status, 401)
  t.equal((await api(google, second.access_token)).status, 401)
  t.match((await refresh(google, first.refresh_token)).body, { error: 'invalid_grant' })
})

t.test('clients must authenticate in one way, with the right secret', async (t) => {
  const google = await startFor(t)
  const { refresh_token } = await signIn(google)
  const form = { grant_type: 'refresh_token', refresh_token }
  const { client_id = '', client_secret = '' } = credentials(google)
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  })
  const ask = (fields: Record<string, string>, headers?: Record<string, string>) =>
    post(google.endpoints.token, { ...form, ...fields }, headers)

  t.equal((await ask({ client_id, client_secret })).status, 200)
  t.equal((await ask({}, basic(client_id, client_secret))).status, 200)
  t.equal((await ask({ client_id }, basic(client_id, client_secret))).status, 200)
  const wrong = await ask({ client_id, client_secret: 'GOCSPX-no' })
  t.match(wrong, { status: 401, body: { error: 'invalid_client' } })
  t.match(wrong.headers.get('www-authenticate'), 'Basic')
  t.match(await ask({ client_id }), { status: 401, body: { error: 'invalid_client' } })
  t.match(await ask({ client_id: 'x', client_secret }), { status: 401, body: { error: 'invalid_client' } })
  t.match(await ask({}, basic(client_id, 'no')), { status: 401, body: { error: 'invalid_client' } })
  t.match(await ask({}, basic('%', 'no')), { status: 400, body: { error: 'invalid_request' } })
  t.match(await ask({}, { authorization: 'Bearer x' }), { status: 401, body: { error: 'invalid_client' } })
  t.match(await ask({ client_id: 'x' }, basic(client_id, client_secret)), { status: 400 })
  t.match(await ask({ client_secret }, basic(client_id, client_secret)), {
    status: 400,
    body: { error: 'invalid_request' }
  })
  t.match(await ask({}), { status: 400, body: { error: 'invalid_request' } })
})

t.test('only the POST of a form is accepted, with each parameter once and no query', async (t) => {
  const google = await startFor(t)
  const { token, revocation } = google.endpoints
  for (const url of [token, revocation]) {
    const get = await fetch(url)
    t.equal(get.status, 405)
    t.equal(get.headers.get('allow'), 'POST')
    const json = await fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
    t.equal(json.status, 400)
    t.equal((await fetch(url, { method: 'POST', body: 'x', headers: { 'content-type': 'text/x' } })).status, 400)
    t.match(await post(`${url}?token=x`, { token: 'x' }), { status: 400, body: { error: 'invalid_request' } })
    const twice = new URLSearchParams('token=x&token=y')
    t.match(await (await fetch(url, { method: 'POST', body: twice })).json(), { error: 'invalid_request' })
    t.match(await post(url, {}), { status: 400, body: { error: 'invalid_request' } })
  }
  const mine = credentials(google)
  t.match(await post(token, { ...mine, grant_type: 'password' }), {
    status: 400,
    body: { error: 'unsupported_grant_type' }
  })
  for (const type of ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
    t.match(await post(token, { ...mine, grant_type: type }), { status: 400, body: { error: 'invalid_request' } })
  }
  t.match(await post(token, { ...mine, grant_type: 'authorization_code', code: 'x' }), {
    body: { error: 'invalid_request' }
  })
})

t.test('the list of requests holds no secret', async (t) => {
  const google = await startFor(t)
  const { refresh_token } = await signIn(google)
  await refresh(google, refresh_token)
  t.equal(google.count('token'), 2)
  t.equal(google.count('token', { grantType: 'refresh_token' }), 1)
  t.equal(google.count('authorize'), 1)
  t.equal(google.count('consent'), 2)
  const text = JSON.stringify(google.requests)
  t.match(google.requests.at(-1), { endpoint: 'token', method: 'POST', path: '/token', grantType: 'refresh_token' })
  for (const secret of [refresh_token, credentials(google).client_secret]) t.notMatch(text, secret)
  google.resetCounts()
  t.equal(google.count('token', { grantType: 'refresh_token' }), 0)
  t.equal(google.requests.length, 0)
  t.match(google.grants(ADA), { refreshTokens: 1 })
})
