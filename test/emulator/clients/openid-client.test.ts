import * as client from 'openid-client'
import t from 'tap'
import { ADA, REDIRECT_URI, startFor } from '../app.js'

for (const strict of [true, false]) {
  t.test(`openid-client signs in, refreshes and revokes, ${strict ? 'strict' : 'as at Google'}`, async (t) => {
    const google = await startFor(t, { strict })
    const { client_id, client_secret } = google.clientSecrets.web
    const config = await client.discovery(new URL(google.issuer), client_id, client_secret, undefined, {
      // The warning is meant for servers: http is all that a loopback has.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      execute: [client.allowInsecureRequests]
    })
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()]
    const asked = { redirect_uri: REDIRECT_URI, scope: 'openid email', access_type: 'offline' }
    const guarded = {
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256'
    }
    const url = client.buildAuthorizationUrl(config, { ...asked, ...(strict ? guarded : {}) })
    const returned = new URL(await google.approve(url, { sub: ADA }))
    const checks = strict ? { pkceCodeVerifier, expectedState, expectedNonce } : {}
    const tokens = await client.authorizationCodeGrant(config, returned, { ...checks, idTokenExpected: true })
    t.match(tokens.claims(), { sub: ADA, email: 'ada@example.com' })
    t.match(await client.fetchUserInfo(config, tokens.access_token, ADA), { email: 'ada@example.com' })
    const fresh = await client.refreshTokenGrant(config, tokens.refresh_token!)
    t.not(fresh.access_token, tokens.access_token)
    await client.tokenRevocation(config, tokens.refresh_token!)
    await t.rejects(client.refreshTokenGrant(config, tokens.refresh_token!), {
      name: 'ResponseBodyError',
      error: 'invalid_grant'
    })
  })
}
