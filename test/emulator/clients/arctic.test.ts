import { decodeIdToken, generateCodeVerifier, generateState, Google } from 'arctic'
import t from 'tap'
import { ADA, REDIRECT_URI, startFor } from '../app.js'

/** arctic has Google's URLs built in. They lead to the emulator here, by their paths. */
function redirectGoogle(t: Parameters<typeof startFor>[0], issuer: string): (url: string | URL) => string {
  const moved = (url: string | URL) =>
    String(url).replace(/^https:\/\/(accounts\.google\.com|[a-z0-9]+\.googleapis\.com)/, issuer)
  const nodes = globalThis.fetch
  t.teardown(() => void (globalThis.fetch = nodes))
  globalThis.fetch = (input, init) => {
    if (!(input instanceof Request)) return nodes(input, init)
    return nodes(new Request(moved(input.url), input), init)
  }
  return moved
}

t.test('arctic signs in, refreshes and revokes', async (t) => {
  const google = await startFor(t, { strict: false })
  const moved = redirectGoogle(t, google.issuer)
  const { client_id, client_secret } = google.clientSecrets.web
  const client = new Google(client_id, client_secret, REDIRECT_URI)
  const verifier = generateCodeVerifier()
  const url = client.createAuthorizationURL(generateState(), verifier, ['openid', 'profile'])
  url.searchParams.set('access_type', 'offline')
  const code = new URL(await google.approve(moved(url))).searchParams.get('code')!
  const tokens = await client.validateAuthorizationCode(code, verifier)
  t.match(decodeIdToken(tokens.idToken()), { sub: ADA, name: 'Ada Lovelace' })
  const fresh = await client.refreshAccessToken(tokens.refreshToken())
  t.ok(fresh.accessToken())
  await client.revokeToken(tokens.refreshToken())
  await t.rejects(client.refreshAccessToken(tokens.refreshToken()), { message: 'OAuth request error: invalid_grant' })
})
