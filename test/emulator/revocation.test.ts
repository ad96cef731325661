import t from 'tap'
import {
  ADA,
  api,
  CALENDAR,
  credentials,
  exchange,
  GRACE,
  login,
  post,
  refresh,
  REDIRECT_URI,
  signIn,
  startFor
} from './app.js'

const scope = `openid email ${CALENDAR}`

t.test('a revocation ends the grant for all clients of the project, and for no others', async (t) => {
  const google = await startFor(t)
  const sibling = google.addClient({ redirectUris: [REDIRECT_URI] })
  const stranger = google.addClient({ redirectUris: [REDIRECT_URI], project: 'elsewhere' })
  const of = async (clientId: string) => {
    const attempt = login(google, { scope, client_id: clientId, prompt: 'consent' })
    return (await exchange(google, await google.approve(attempt.url), attempt, credentials(google, clientId))).body
  }
  const mine = await signIn(google, { scope })
  const siblings = await of(sibling.clientId)
  const strangers = await of(stranger.clientId)
  const graces = await signIn(google, { scope, email: 'grace@example.com' })

  t.equal((await post(google.endpoints.revocation, { token: mine.access_token })).status, 200)
  t.equal((await api(google, mine.access_token)).status, 401)
  t.match((await refresh(google, mine.refresh_token)).body, { error: 'invalid_grant' })
  t.equal((await api(google, siblings.access_token)).status, 401)
  const theirs = credentials(google, sibling.clientId)
  t.match((await refresh(google, siblings.refresh_token, theirs)).body, { error: 'invalid_grant' })
  t.equal((await api(google, strangers.access_token)).status, 200)
  t.equal((await api(google, graces.access_token)).status, 200)

  t.match(await post(google.endpoints.revocation, { token: mine.refresh_token }), {
    status: 400,
    body: { error: 'invalid_token' }
  })
  t.ok((await signIn(google, { scope })).refresh_token, 'the user is asked again')
})

t.test('a revocation by refresh token, and one by the user', async (t) => {
  const google = await startFor(t)
  const first = await signIn(google, { scope })
  t.equal((await post(google.endpoints.revocation, { token: first.refresh_token })).status, 200)
  t.equal((await api(google, first.access_token)).status, 401)
  t.same(google.grants(ADA), { scopes: [], refreshTokens: 0 })

  const second = await signIn(google, { scope })
  google.revokeGrant(GRACE)
  t.equal((await api(google, second.access_token)).status, 200)
  google.revokeGrant(ADA, google.clientSecrets.web.client_id)
  t.equal((await api(google, second.access_token)).status, 401)
  const attempt = login(google, { scope })
  const returned = await google.approve(attempt.url)
  google.revokeGrant(ADA)
  t.match((await exchange(google, returned, attempt)).body, { error: 'invalid_grant' })
})

t.test('tokeninfo and userinfo know live tokens', async (t) => {
  const google = await startFor(t)
  const { access_token } = await signIn(google, { scope })
  const { tokeninfo, userinfo } = google.endpoints
  const claims = { sub: ADA, email: 'ada@example.com', email_verified: 'true', aud: google.clientSecrets.web.client_id }
  t.match(await (await fetch(`${tokeninfo}?access_token=${encodeURIComponent(access_token)}`)).json(), claims)
  t.match(await post(tokeninfo, { access_token }), { status: 200, body: claims })
  t.match(await post(tokeninfo, { access_token: 'x' }), { status: 400, body: { error: 'invalid_token' } })
  const authorization = `Bearer ${access_token}`
  t.match(await (await fetch(userinfo, { headers: { authorization } })).json(), { sub: ADA, email_verified: true })
  t.equal((await fetch(userinfo)).status, 401)
  const narrow = await signIn(google, { scope: CALENDAR, include_granted_scopes: 'false' })
  t.match(await post(userinfo, {}, { authorization: `Bearer ${narrow.access_token}` }), { status: 403 })
})
