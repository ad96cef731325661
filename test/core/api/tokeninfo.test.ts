/** `retrieveScopes` asks only where its token may go, and only whose token it is. */
import { generateKeyPairSync } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import {
  AccessTokenCredentials,
  Credentials,
  OAuth2Credentials,
  OAuth2WebServerFlow,
  ServiceAccountCredentials,
  Token,
  type Fetch
} from '../../../src/core.js'
import { googleAuth } from '../../../src/index.js'
import { startGoogleEmulator } from '../../../src/emulator.js'

const GOOGLE = 'https://oauth2.googleapis.com/tokeninfo'
const token = { accessToken: 'ya29.made', scopes: [] }
const clientId = 'c'

/** A `fetch` that keeps where it was asked, and answers as tokeninfo does. */
function recording(): { fetch: Fetch; asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    fetch: async (input) => {
      asked.push(input instanceof Request ? input.url : String(input))
      return Response.json({ scope: 'openid email' })
    }
  }
}

function keyFile(tokenUri: string): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { type: 'service_account', client_email: 'robot@example.com', private_key: pem, token_uri: tokenUri }
}

t.test('Google is asked about its own tokens', async (t) => {
  for (const tokenUri of [
    undefined,
    'https://oauth2.googleapis.com/token',
    'https://accounts.google.com/o/oauth2/token',
    'https://www.googleapis.com/oauth2/v4/token'
  ]) {
    const { fetch, asked } = recording()
    t.same(await new OAuth2Credentials({ token, clientId, tokenUri, fetch }).retrieveScopes(), ['openid', 'email'])
    t.same(asked, [GOOGLE], tokenUri ?? 'the default')
  }
  const { fetch, asked } = recording()
  await new AccessTokenCredentials('ya29.made', { fetch, apiOrigins: ['https://*.googleapis.com'] }).retrieveScopes()
  t.same(asked, [GOOGLE])
})

t.test('a token of another issuer goes nowhere, but where the option tokenInfoUri says', async (t) => {
  const { fetch, asked } = recording()
  for (const tokenUri of [
    'https://login.example.com/token',
    'http://127.0.0.1:9/token',
    'https://oauth2.googleapis.com.evil.example/token',
    'http://oauth2.googleapis.com/token'
  ]) {
    const refused = { code: 'GOOGLE_AUTH_ORIGIN', origin: 'https://oauth2.googleapis.com', message: /tokenInfoUri/ }
    await t.rejects(new OAuth2Credentials({ token, clientId, tokenUri, fetch }).retrieveScopes(), refused, tokenUri)
    if (tokenUri === 'http://oauth2.googleapis.com/token') continue
    const robot = ServiceAccountCredentials.fromKey(keyFile(tokenUri), { scopes: ['a'], fetch, tokenUri })
    await t.rejects(robot.retrieveScopes(), refused, tokenUri)
  }
  class Own extends Credentials {
    override async token(): Promise<Token> {
      return Token.from(token)
    }
  }
  await t.rejects(new Own(undefined, { fetch }).retrieveScopes(), { code: 'GOOGLE_AUTH_ORIGIN' })
  t.same(asked, [])
  const tokenInfoUri = 'https://login.example.com/info'
  const tokenUri = 'https://login.example.com/token'
  await new OAuth2Credentials({ token, clientId, tokenUri, tokenInfoUri, fetch }).retrieveScopes()
  t.same(asked, [tokenInfoUri])
})

t.test('the list of origins holds here as for every call', async (t) => {
  const { fetch, asked } = recording()
  const apiOrigins = ['https://api.example.com']
  for (const tokenInfoUri of [undefined, 'https://evil.example/info', 'http://api.example.com/info', '/info']) {
    const credentials = new AccessTokenCredentials('ya29.made', {
      apiOrigins,
      fetch,
      ...(tokenInfoUri && { tokenInfoUri })
    })
    await t.rejects(credentials.retrieveScopes(), { code: 'GOOGLE_AUTH_ORIGIN' }, tokenInfoUri ?? GOOGLE)
  }
  t.same(asked, [])
})

t.test('a redirect of the endpoint is not followed', async (t) => {
  const asked: string[] = []
  const fetch: Fetch = async (input) => {
    asked.push(input as string)
    return new Response(null, { status: 307, headers: { location: 'https://evil.example/' } })
  }
  await t.rejects(new AccessTokenCredentials('ya29.made', { fetch }).retrieveScopes(), {
    code: 'GOOGLE_AUTH_REFRESH',
    reason: 'http_307'
  })
  t.same(asked, [GOOGLE])
})

t.test('a client of the plugin asks Google about Google’s tokens alone', async (t) => {
  const nodes = globalThis.fetch
  t.teardown(() => (globalThis.fetch = nodes))
  const options = {
    clientId,
    clientSecret: 's',
    redirectUri: 'https://app.example.com/auth/return',
    secret: 'x'.repeat(32)
  }
  for (const issuer of [undefined, 'https://login.example.com']) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(googleAuth, { ...options, ...(issuer && { issuer }) })
    await app.googleAuth.storageFor('1').put(Token.from({ ...token, expiresAt: Date.now() + 3_600_000 }))
    const { fetch, asked } = recording()
    globalThis.fetch = fetch
    const told = app.googleAuth.clientFor('1').retrieveScopes()
    if (issuer === undefined) t.same(await told, ['openid', 'email'])
    else await t.rejects(told, { code: 'GOOGLE_AUTH_ORIGIN', message: /another issuer/ })
    t.same(asked, issuer === undefined ? [GOOGLE] : [])
    globalThis.fetch = nodes
  }
})

t.test('credentials of a sign-in with another issuer', async (t) => {
  const google = await startGoogleEmulator({ strict: true })
  t.teardown(() => google.close())
  const { client_id: clientId, client_secret: clientSecret } = google.clientSecrets.web
  const asked: string[] = []
  const spy: Fetch = (input, init) => {
    asked.push(new URL(input instanceof Request ? input.url : input).host)
    return fetch(input, init)
  }
  const redirectUri = google.clientSecrets.web.redirect_uris[0]!
  const { issuer } = google
  const flow = new OAuth2WebServerFlow({ clientId, clientSecret, scope: 'email', redirectUri, issuer, fetch: spy })
  const { url, attempt } = await flow.step1GetAuthorizeUrl()
  const credentials = await flow.step2Exchange(await google.approve(url), attempt)
  await t.rejects(credentials.retrieveScopes(), { code: 'GOOGLE_AUTH_ORIGIN', message: /another issuer/ })
  t.same([...new Set(asked)], [new URL(issuer).host])
})
