import { calendar } from '@googleapis/calendar'
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library'
import t from 'tap'
import { ADA, CALENDAR, REDIRECT_URI, startFor } from '../app.js'
import type { GoogleEmulator } from '../../../src/emulator.js'

const scope = ['openid', 'email', CALENDAR, 'https://www.googleapis.com/auth/calendar.readonly']

function clientOf(google: GoogleEmulator): OAuth2Client {
  const { web } = google.clientSecrets
  return new OAuth2Client({
    clientId: web.client_id,
    clientSecret: web.client_secret,
    redirectUri: REDIRECT_URI,
    issuers: [google.issuer],
    // Else it refreshes by the clock alone.
    forceRefreshOnFailure: true,
    endpoints: {
      oauth2AuthBaseUrl: web.auth_uri,
      oauth2TokenUrl: web.token_uri,
      oauth2RevokeUrl: google.endpoints.revocation,
      tokenInfoUrl: google.endpoints.tokeninfo,
      oauth2FederatedSignonPemCertsUrl: web.auth_provider_x509_cert_url,
      oauth2FederatedSignonJwkCertsUrl: google.endpoints.jwks
    }
  })
}

t.test('google-auth-library signs in, verifies, asks, refreshes and revokes', async (t) => {
  const google = await startFor(t, { strict: false })
  const client = clientOf(google)
  const url = client.generateAuthUrl({ access_type: 'offline', scope, include_granted_scopes: true })
  const code = new URL(await google.approve(url, { sub: ADA })).searchParams.get('code')!
  const { tokens } = await client.getToken(code)
  client.setCredentials(tokens)
  const ticket = await client.verifyIdToken({
    idToken: tokens.id_token!,
    audience: google.clientSecrets.web.client_id
  })
  t.match(ticket.getPayload(), { sub: ADA, email: 'ada@example.com', email_verified: true })
  const info = await client.getTokenInfo(tokens.access_token!)
  t.match(info, { sub: ADA, email: 'ada@example.com' })
  t.ok(info.scopes.includes(CALENDAR))

  google.expireAccessTokens(ADA)
  const api = calendar({ version: 'v3', rootUrl: google.apiOrigin, auth: client })
  const { data: list } = await api.calendarList.list()
  t.match(list.items, [{ id: 'ada@example.com', primary: true }])
  t.equal(google.count('token', { grantType: 'refresh_token' }), 1, 'refreshed after the 401')
  const start = { dateTime: '2027-01-05T10:00:00Z' }
  const end = { dateTime: '2027-01-05T11:00:00Z' }
  await api.events.insert({ calendarId: 'primary', requestBody: { summary: 'Tea', start, end } })
  const { data } = await api.freebusy.query({
    requestBody: { timeMin: '2027-01-05T00:00:00Z', timeMax: '2027-01-06T00:00:00Z', items: [{ id: 'primary' }] }
  })
  t.match(data.calendars, {
    primary: { busy: [{ start: '2027-01-05T10:00:00.000Z', end: '2027-01-05T11:00:00.000Z' }] }
  })

  t.equal((await client.revokeToken(tokens.refresh_token!)).status, 200)
  await t.rejects(clientWith(google, tokens.refresh_token!).getAccessToken(), { message: 'invalid_grant' })
})

t.test('google-auth-library with PKCE, also where the emulator is strict', async (t) => {
  const google = await startFor(t)
  const client = clientOf(google)
  const { codeVerifier, codeChallenge } = await client.generateCodeVerifierAsync()
  const url = client.generateAuthUrl({
    access_type: 'offline',
    scope,
    state: 'a state of 16 characters or more',
    nonce: 'a nonce',
    code_challenge_method: CodeChallengeMethod.S256,
    code_challenge: codeChallenge!
  })
  const code = new URL(await google.approve(url)).searchParams.get('code')!
  await t.rejects(client.getToken(code), { message: 'invalid_grant' })
  const again = new URL(await google.approve(url.replace('&scope', '&prompt=consent&scope'))).searchParams.get('code')!
  const { tokens } = await client.getToken({ code: again, codeVerifier })
  t.match(tokens, { refresh_token: /^1\/\// })
})

function clientWith(google: GoogleEmulator, refreshToken: string): OAuth2Client {
  const client = clientOf(google)
  client.setCredentials({ refresh_token: refreshToken })
  return client
}
