import t from 'tap'
import { EmulatorPageError } from '../../src/emulator.js'
import { login, startFor } from './app.js'

const google = await startFor(t)

const mistakes: [what: string, changes: Record<string, string | null>, status: number, error: string][] = [
  ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
  ['no client', { client_id: null }, 400, 'invalid_request'],
  [
    'a redirect URI with a slash more',
    { redirect_uri: 'http://127.0.0.1:3000/auth/return/' },
    400,
    'redirect_uri_mismatch'
  ],
  ['a foreign redirect URI', { redirect_uri: 'https://evil.example/' }, 400, 'redirect_uri_mismatch'],
  ['no redirect URI', { redirect_uri: null }, 400, 'invalid_request'],
  ['no response type', { response_type: null }, 400, 'invalid_request'],
  ['the implicit flow', { response_type: 'token' }, 400, 'invalid_request'],
  ['another response mode', { response_mode: 'fragment' }, 400, 'invalid_request'],
  ['no scope', { scope: '' }, 400, 'invalid_request'],
  ['an unknown scope', { scope: 'openid https://www.googleapis.com/auth/rockets' }, 400, 'invalid_scope'],
  ['a scope that is a word of the language', { scope: 'openid constructor' }, 400, 'invalid_scope'],
  ['no state', { state: null }, 400, 'invalid_request'],
  ['a state that can be guessed', { state: 'abc' }, 400, 'invalid_request'],
  ['openid without nonce', { nonce: null }, 400, 'invalid_request'],
  ['no PKCE', { code_challenge: null, code_challenge_method: null }, 400, 'invalid_request'],
  ['plain PKCE', { code_challenge_method: 'plain' }, 400, 'invalid_request'],
  ['a challenge that is no SHA-256', { code_challenge: 'short' }, 400, 'invalid_request'],
  ['an unknown prompt', { prompt: 'always' }, 400, 'invalid_request'],
  ['prompt=none in company', { prompt: 'none consent' }, 400, 'invalid_request'],
  ['an unknown access type', { access_type: 'forever' }, 400, 'invalid_request'],
  ['include_granted_scopes=yes', { include_granted_scopes: 'yes' }, 400, 'invalid_request']
]

for (const [what, changes, status, error] of mistakes) {
  t.test(`${what} is answered with an error page, not with a redirect`, async (t) => {
    const { url } = login(google, changes)
    const response = await fetch(url, { redirect: 'manual' })
    t.equal(response.status, status)
    t.match(response.headers.get('content-type'), 'text/html')
    t.match(await response.text(), `Error ${status}: ${error}`)
    await t.rejects(google.approve(url), { name: 'EmulatorPageError', status, error })
  })
}

t.test('a repeated parameter is refused', async (t) => {
  await t.rejects(google.approve(`${login(google).url}&scope=openid`), { error: 'invalid_request', message: /: scope/ })
})

t.test('an error page escapes the values of the request', async (t) => {
  const { url } = login(google, { redirect_uri: '"><script>alert(1)</script>' })
  const text = await (await fetch(url)).text()
  t.notMatch(text, '<script>')
  t.match(text, '&lt;script&gt;')
  const refused: unknown = await google.approve(url).catch((error: unknown) => error)
  t.ok(refused instanceof EmulatorPageError)
  t.match((refused as Error).message, '<script>')
})

t.test('the endpoint accepts neither HEAD nor POST', async (t) => {
  t.equal((await fetch(login(google).url, { method: 'HEAD' })).status, 404)
  t.equal((await fetch(login(google).url, { method: 'POST' })).status, 404)
})

t.test('clients that Google would not register are refused', (t) => {
  for (const uri of [
    'http://app.example.com/return',
    'https://user@app.example.com/',
    'https://app.example.com/#x',
    'https://*.example.com/',
    'https://app.example.com/../x',
    'nonsense'
  ]) {
    t.throws(() => google.addClient({ redirectUris: [uri] }), { name: 'TypeError', message: /cannot be registered/ })
    t.throws(() => google.addRedirectUri(uri), TypeError)
  }
  const client = google.addClient({ redirectUris: ['https://app.example.com/return'] })
  t.match(client, {
    clientId: /\.apps\.googleusercontent\.com$/,
    clientSecret: /^GOCSPX-/,
    project: 'emulator-project'
  })
  t.throws(() => google.addClient({ ...client }), TypeError)
  t.throws(() => google.clientSecretsOf('nobody'), TypeError)
  t.end()
})
