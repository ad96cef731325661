import t from 'tap'
import { ADA, api, CALENDAR, credentials, refresh, REDIRECT_URI, signIn, startFor } from './app.js'

const LOST = { status: 400, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } }

t.test('with rotation, the old refresh token ends at once', async (t) => {
  const google = await startFor(t, { rotateRefreshTokens: true })
  const first = (await signIn(google)).refresh_token
  const second = (await refresh(google, first)).body.refresh_token
  t.match(second, /^1\/\/0/)
  t.match(await refresh(google, first), LOST)
  t.equal((await refresh(google, second)).status, 200)
  t.equal(google.grants(ADA).refreshTokens, 1)
})

t.test('the 101st refresh token ends the first one of the same client', async (t) => {
  const google = await startFor(t)
  const other = google.addClient({ redirectUris: [REDIRECT_URI] })
  const tokens: string[] = []
  for (let made = 0; made < 101; made += 1) {
    tokens.push((await signIn(google, { prompt: 'consent', login_hint: ADA })).refresh_token)
    if (made === 99) t.equal((await refresh(google, tokens[0]!)).status, 200)
  }
  t.match(await refresh(google, tokens[0]!), LOST)
  t.equal((await refresh(google, tokens[1]!)).status, 200)
  t.equal(google.grants(ADA).refreshTokens, 100)
  t.match(await refresh(google, tokens[1]!, credentials(google, other.clientId)), {
    status: 401,
    body: { error: 'unauthorized_client' }
  })
})

t.test('with time-based access, answers have the lifetime of the refresh token, and it ends', async (t) => {
  let now = Date.now()
  const google = await startFor(t, { refreshTokenLifetimeS: 3600, now: () => now })
  const first = await signIn(google)
  t.equal(first.refresh_token_expires_in, 3600)
  now += 600_000
  const { headers, body } = await refresh(google, first.refresh_token)
  t.equal(body.refresh_token_expires_in, 3000)
  t.equal(headers.get('date'), new Date(now).toUTCString())
  now += 3_000_000
  t.match(await refresh(google, first.refresh_token), LOST)
})

t.test('a refresh can ask for fewer scopes, not for more', async (t) => {
  const google = await startFor(t)
  const { refresh_token } = await signIn(google, { scope: `openid email ${CALENDAR}` })
  const { body } = await refresh(google, refresh_token, { scope: CALENDAR })
  t.equal(body.scope, CALENDAR)
  t.equal(body.id_token, undefined)
  t.match((await refresh(google, refresh_token)).body.scope, 'openid')
  t.match((await refresh(google, refresh_token, { scope: 'profile' })).body, { error: 'invalid_scope' })
})

t.test('access tokens end with their lifetime, or when a test ends them', async (t) => {
  let now = Date.now()
  const google = await startFor(t, { accessTokenLifetimeS: 10, now: () => now })
  const scope = `openid ${CALENDAR}`
  const ada = await signIn(google, { scope })
  const grace = await signIn(google, { scope, email: 'grace@example.com' })
  t.equal(ada.expires_in, 10)
  google.expireAccessTokens(ADA)
  t.equal((await api(google, ada.access_token)).status, 401)
  t.equal((await api(google, grace.access_token)).status, 200)
  now += 10_000
  t.equal((await api(google, grace.access_token)).status, 401)
  const again = (await refresh(google, ada.refresh_token)).body
  t.equal((await api(google, again.access_token)).status, 200)
  google.expireAccessTokens()
  t.equal((await api(google, again.access_token)).status, 401)
})
