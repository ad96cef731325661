import { createHash } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { ADA, exchange, login, refresh, signIn, startFor } from './app.js'

t.test('a sign-in from the authorize URL to a verified ID token', async (t) => {
  const google = await startFor(t)
  const attempt = login(google)
  const returned = new URL(await google.approve(attempt.url, { email: 'ada@example.com' }))
  t.equal(returned.origin + returned.pathname, 'http://127.0.0.1:3000/auth/return')
  t.equal(returned.searchParams.get('state'), attempt.state)
  t.equal(returned.searchParams.get('iss'), google.issuer)
  t.match(returned.searchParams.get('code'), /^4\/0A/)

  const { status, headers, body } = await exchange(google, returned.href, attempt)
  t.equal(status, 200)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(body, { access_token: /^ya29\./, refresh_token: /^1\/\/0/, expires_in: 3599, token_type: 'Bearer' })
  t.not(body.scope, 'openid email profile')
  t.same(
    new Set(body.scope.split(' ')),
    new Set([
      'openid',
      'https://www.googleapis.com/auth/userinfo.email',
      'https://www.googleapis.com/auth/userinfo.profile'
    ])
  )

  const keys = createRemoteJWKSet(new URL(google.endpoints.jwks))
  const { payload, protectedHeader } = await jwtVerify(body.id_token, keys, {
    issuer: google.issuer,
    audience: google.clientSecrets.web.client_id
  })
  t.equal(protectedHeader.alg, 'RS256')
  t.match(payload, {
    sub: ADA,
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada Lovelace',
    given_name: 'Ada',
    family_name: 'Lovelace',
    azp: payload.aud,
    nonce: attempt.nonce,
    picture: `${google.issuer}/pictures/${ADA}`
  })
  const digest = createHash('sha256').update(body.access_token).digest()
  t.equal(payload.at_hash, digest.subarray(0, 16).toString('base64url'))
  t.equal(payload.exp! - payload.iat!, 3600)
  t.match(await (await fetch(payload.picture as string)).text(), '>AL<')
})

t.test('a refresh brings a new access token and an ID token without nonce', async (t) => {
  const google = await startFor(t)
  const first = await signIn(google)
  const { status, body } = await refresh(google, first.refresh_token)
  t.equal(status, 200)
  t.not(body.access_token, first.access_token)
  t.equal(body.refresh_token, undefined)
  t.equal(body.scope, first.scope)
  const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString())
  t.equal(claims.sub, ADA)
  t.equal(claims.nonce, undefined)
})

t.test('discovery names all endpoints, and does not mention the iss parameter', async (t) => {
  const google = await startFor(t)
  const response = await fetch(`${google.issuer}/.well-known/openid-configuration`)
  const document = await response.json()
  t.match(document, {
    issuer: google.issuer,
    authorization_endpoint: google.endpoints.authorization,
    token_endpoint: google.endpoints.token,
    jwks_uri: google.endpoints.jwks,
    revocation_endpoint: google.endpoints.revocation,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic']
  })
  t.notOk('authorization_response_iss_parameter_supported' in (document as object))
  const jwks = await fetch(google.endpoints.jwks)
  t.match(jwks.headers.get('cache-control'), /max-age=\d+/)
  t.equal(((await jwks.json()) as { keys: unknown[] }).keys.length, 2)
})
