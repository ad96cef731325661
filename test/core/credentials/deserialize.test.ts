import { CredentialsFormatError } from '../../../src/core/errors/setup.js'
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import {
  AccessTokenCredentials,
  deserializeCredentials,
  MemoryStorage,
  OAuth2Credentials,
  ServiceAccountCredentials,
  Token
} from '../../../src/core.js'

/** What `to_json()` of oauth2client 4.1.3 gives, with made-up values; every field there is. */
const USER = {
  access_token: 'ya29.access',
  client_id: 'id.apps.googleusercontent.com',
  client_secret: 'client-secret',
  refresh_token: '1//refresh',
  token_expiry: '2026-11-22T10:00:00Z',
  token_uri: 'https://oauth2.googleapis.com/token',
  user_agent: 'script/1.0',
  revoke_uri: 'https://oauth2.googleapis.com/revoke',
  id_token: { sub: '42', email: 'ada@example.com', email_verified: true },
  id_token_jwt: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.',
  token_response: { access_token: 'ya29.access', expires_in: 3599, token_type: 'Bearer' },
  scopes: ['https://www.googleapis.com/auth/userinfo.email', 'openid'],
  token_info_uri: 'https://www.googleapis.com/oauth2/v3/tokeninfo',
  invalid: false,
  _class: 'OAuth2Credentials',
  _module: 'oauth2client.client'
}
const NOTHING = {
  access_token: null,
  client_id: null,
  client_secret: null,
  refresh_token: null,
  token_expiry: null,
  token_uri: null,
  user_agent: null,
  revoke_uri: null,
  id_token: null,
  id_token_jwt: null,
  token_response: null,
  scopes: [],
  token_info_uri: null,
  invalid: false
}
const ACCESS = {
  ...NOTHING,
  access_token: 'ya29.only',
  user_agent: 'script/1.0',
  _class: 'AccessTokenCredentials',
  _module: 'oauth2client.client'
}
const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()
const ROBOT = {
  ...NOTHING,
  access_token: 'ya29.robot',
  token_expiry: '2026-11-22T10:00:00Z',
  client_id: '123456789',
  token_uri: 'https://oauth2.googleapis.com/token',
  revoke_uri: 'https://oauth2.googleapis.com/revoke',
  assertion_type: null,
  _service_account_email: 'robot@project.iam.gserviceaccount.com',
  _scopes: 'https://www.googleapis.com/auth/calendar https://www.googleapis.com/auth/userinfo.email',
  _private_key_id: 'key-1',
  _user_agent: null,
  _kwargs: { sub: 'ada@example.com' },
  _private_key_pkcs8_pem: PEM,
  _private_key_pkcs12: null,
  _private_key_password: null,
  _class: 'ServiceAccountCredentials',
  _module: 'oauth2client.service_account'
}

const there = (document: object): unknown => JSON.parse(deserializeCredentials(JSON.stringify(document)).serialize())

t.test('every kind comes back field by field, unknown fields too', async (t) => {
  for (const document of [USER, ACCESS, ROBOT, { ...USER, _class: 'GoogleCredentials' }]) {
    t.same(there(document), document, document._class)
    const more = { ...document, rapt: 'x', nested: { a: [1, null] } }
    t.same(there(more), more, `${document._class} with fields of others`)
  }
  const sparse = { ...USER, client_secret: null, token_expiry: null, revoke_uri: null, id_token: null, scopes: [] }
  t.same(there({ ...sparse, token_response: null, id_token_jwt: null, token_info_uri: null }), {
    ...sparse,
    token_response: null,
    id_token_jwt: null,
    token_info_uri: null
  })
})

t.test('a user: the token, the client, the claims', async (t) => {
  const credentials = deserializeCredentials(JSON.stringify(USER)) as OAuth2Credentials
  t.ok(credentials instanceof OAuth2Credentials)
  t.same(credentials.current.toRecord(), {
    accessToken: 'ya29.access',
    refreshToken: '1//refresh',
    expiresAt: Date.UTC(2026, 10, 22, 10),
    idToken: USER.id_token_jwt,
    scopes: ['email', 'openid']
  })
  t.same(credentials.idToken, USER.id_token)
  t.equal(await credentials.hasScopes('email openid'), true)
  t.equal(await credentials.hasScopes('https://www.googleapis.com/auth/calendar'), false)
})

t.test('times: as Python reads them, rounded down as it writes them', async (t) => {
  const expiry = (token_expiry: unknown): number | undefined =>
    (deserializeCredentials(JSON.stringify({ ...USER, token_expiry })) as OAuth2Credentials).current.expiresAt
  t.equal(expiry('2026-11-22T10:00:00.999999Z'), Date.UTC(2026, 10, 22, 10))
  t.equal(expiry('2026-11-22T10:00:00'), Date.UTC(2026, 10, 22, 10), 'naive is UTC')
  t.equal(expiry('tomorrow'), undefined)
  t.equal(expiry('2026-13-45T10:00:00Z'), undefined)
  t.equal(expiry('0000-01-01T00:00:00Z'), undefined)
  t.equal(expiry('9999-12-31T23:59:59Z'), Date.UTC(9999, 11, 31, 23, 59, 59))
  t.throws(() => expiry(5), { message: /"token_expiry" must be a text/ })
  const token = { accessToken: 'a', expiresAt: Date.UTC(2026, 10, 22, 10, 0, 0, 999), scopes: [] }
  const text = new OAuth2Credentials({ token, clientId: 'c' }).serialize()
  t.match(JSON.parse(text), { token_expiry: '2026-11-22T10:00:00Z' })
})

t.test('invalid: a lost grant', async (t) => {
  const lost = deserializeCredentials(JSON.stringify({ ...USER, invalid: true })) as OAuth2Credentials
  await t.rejects(lost.token(), { code: 'GOOGLE_AUTH_GRANT_LOST', reason: 'invalid' })
  t.equal(await lost.hasScopes('openid'), false)
  t.same(JSON.parse(lost.serialize()), { ...USER, invalid: true })
  const robot = deserializeCredentials(JSON.stringify({ ...ROBOT, invalid: true }), { now: () => 0 })
  t.equal((await robot.token()).accessToken, 'ya29.robot', 'nobody signs in for a service account: it goes on')
})

t.test('a refreshed token is what is written, and the old answer is not', async (t) => {
  const storage = new MemoryStorage()
  const credentials = (deserializeCredentials(JSON.stringify(USER)) as OAuth2Credentials).withStorage(storage)
  const jwt = `x.${Buffer.from('{"sub":"42","email":"new@example.com"}').toString('base64url')}.x`
  await storage.put(Token.from({ accessToken: 'ya29.newer', refreshToken: 'r2', scopes: ['openid'], idToken: jwt }))
  t.equal((await credentials.token()).accessToken, 'ya29.newer')
  t.same(JSON.parse(credentials.serialize()), {
    ...USER,
    access_token: 'ya29.newer',
    refresh_token: 'r2',
    token_expiry: null,
    token_response: null,
    scopes: ['openid'],
    id_token: { sub: '42', email: 'new@example.com' },
    id_token_jwt: jwt
  })
})

t.test('credentials of our own say where their secrets may go', async (t) => {
  const text = new OAuth2Credentials({
    token: { accessToken: 'a', refreshToken: 'r', scopes: ['openid'] },
    clientId: 'c',
    clientSecret: 's'
  }).serialize()
  t.same(JSON.parse(text), {
    ...NOTHING,
    access_token: 'a',
    client_id: 'c',
    client_secret: 's',
    refresh_token: 'r',
    token_uri: 'https://oauth2.googleapis.com/token',
    revoke_uri: 'https://oauth2.googleapis.com/revoke',
    token_info_uri: 'https://oauth2.googleapis.com/tokeninfo',
    scopes: ['openid'],
    _class: 'OAuth2Credentials',
    _module: 'oauth2client.client'
  })
  const elsewhere = new OAuth2Credentials({
    token: { accessToken: 'a', scopes: [] },
    clientId: 'c',
    tokenUri: 'https://token.example/'
  })
  const nowhere = { token_uri: 'https://token.example/', revoke_uri: null, token_info_uri: null }
  t.match(JSON.parse(elsewhere.serialize()), nowhere, 'the token of another provider does not go to Google')
  const only = new AccessTokenCredentials('ya29.only').serialize()
  t.same(JSON.parse(only), { ...ACCESS, user_agent: null })
})

t.test('authorized_user and service_account', async (t) => {
  const file = {
    type: 'authorized_user',
    client_id: 'c',
    client_secret: 's',
    refresh_token: 'r',
    quota_project_id: 'p'
  }
  const user = deserializeCredentials(JSON.stringify(file), { scopes: 'openid' }) as OAuth2Credentials
  t.ok(user instanceof OAuth2Credentials)
  t.same(user.current.toRecord(), { accessToken: '', refreshToken: 'r', scopes: ['openid'] })
  t.match(JSON.parse(user.serialize()), {
    access_token: null,
    refresh_token: 'r',
    quota_project_id: 'p',
    token_uri: 'https://oauth2.googleapis.com/token',
    _class: 'OAuth2Credentials'
  })
  const key = {
    type: 'service_account',
    project_id: 'project',
    client_email: 'robot@project.iam.gserviceaccount.com',
    client_id: '1',
    private_key_id: 'k',
    private_key: PEM
  }
  const robot = deserializeCredentials(JSON.stringify(key), { scopes: ['a', 'b'] }) as ServiceAccountCredentials
  t.ok(robot instanceof ServiceAccountCredentials)
  t.same(robot.scopes, ['a', 'b'])
  const again = deserializeCredentials(robot.createDelegated('ada@example.com').serialize())
  t.match(again, { subject: 'ada@example.com', scopes: ['a', 'b'], clientEmail: key.client_email })
})

t.test('other texts are refused by the name of the field; no class is loaded, and no value is told', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /not JSON, or was cut off/],
    [JSON.stringify(USER).slice(0, 90), /not JSON, or was cut off/],
    ['null', /must be a JSON object/],
    ['{}', /does not hold credentials in a known form/],
    [JSON.stringify({ ...USER, _class: 'toString' }), /does not hold credentials in a known form/],
    [JSON.stringify({ ...USER, _class: 'Popen', _module: 'subprocess' }), /does not hold credentials in a known form/],
    [JSON.stringify({ type: 'external_account' }), /does not hold credentials in a known form/],
    [JSON.stringify({ ...USER, client_id: null }), /"client_id" is missing/],
    [JSON.stringify({ ...USER, refresh_token: { a: 1 } }), /"refresh_token" must be a text/],
    [JSON.stringify({ ...USER, scopes: [{}] }), /"scopes" must be a list of texts/],
    [JSON.stringify({ ...USER, token_uri: 'http://evil.example/' }), /"token_uri" must be an https URL/],
    [JSON.stringify({ ...USER, revoke_uri: 'javascript:1' }), /"revoke_uri" must be an https URL/],
    [JSON.stringify({ ...ACCESS, access_token: null }), /"access_token" is missing/],
    [JSON.stringify({ ...ROBOT, _private_key_pkcs8_pem: null }), /"_private_key_pkcs8_pem" is missing/],
    [JSON.stringify({ ...ROBOT, _private_key_pkcs12: 'AAAA' }), /PKCS#12/],
    [JSON.stringify({ ...ROBOT, _kwargs: [] }), /"_kwargs" must be an object/]
  ]
  for (const [text, message] of cases) {
    try {
      deserializeCredentials(text)
      t.fail(`was taken: ${String(message)}`)
    } catch (error) {
      t.ok(error instanceof CredentialsFormatError, String(message))
      t.match((error as Error).message, message)
      t.notMatch(
        `${(error as Error).message} ${String((error as Error).cause)}`,
        /client-secret|1\/\/refresh|ya29|PRIVATE/
      )
    }
  }
})

const WRONG_HOSTS = [
  'https://evil.example/token',
  'https://oauth2.googleapis.com.evil.example/token',
  'https://evil.example/oauth2.googleapis.com',
  'https://oauth2.googleapis.com@evil.example/token',
  'https://user:pass@oauth2.googleapis.com/token',
  'https://oauth2.googleapis.com:8443/token',
  'https://storage.googleapis.com/bucket',
  'https://xaccounts.google.com/token',
  'https://127.0.0.1.evil.example/token'
]
const KEY_FILE = { type: 'service_account', client_email: 'robot@project.iam.gserviceaccount.com', private_key: PEM }
const USER_FILE = { type: 'authorized_user', client_id: 'c', refresh_token: 'r' }

t.test('a text sends secrets to Google and to this machine, and elsewhere only where an option says so', async (t) => {
  const options = { token_uri: 'tokenUri', revoke_uri: 'revokeUri', token_info_uri: 'tokenInfoUri' }
  for (const [field, option] of Object.entries(options)) {
    for (const document of [USER, USER_FILE, ACCESS, ROBOT, KEY_FILE]) {
      const read = (url: unknown, given?: object): unknown => {
        return deserializeCredentials(JSON.stringify({ ...document, [field]: url }), { scopes: 'a', ...given })
      }
      for (const url of WRONG_HOSTS) {
        const error = { name: 'CredentialsFormatError', message: new RegExp(`"${field}".* option ${option}`) }
        t.throws(() => read(url), error, `${field} ${url}`)
        t.doesNotThrow(() => read(url, { [option]: 'https://proxy.example/' }), url)
      }
      t.throws(() => read('http://oauth2.googleapis.com/token'), { message: /https URL/ })
      t.throws(() => read(null, { [option]: 'http://evil.example/' }), { name: 'TypeError', message: `${option} must` })
      for (const url of [
        null,
        'https://oauth2.googleapis.com/token',
        'https://accounts.google.com/o/oauth2/token',
        'https://www.googleapis.com/oauth2/v4/token',
        'https://OAUTH2.googleapis.com:443/token',
        'http://127.0.0.1:8080/token',
        'http://[::1]/token',
        'https://localhost/token'
      ])
        t.doesNotThrow(() => read(url), `${field} ${String(url)}`)
    }
  }
  const moved = deserializeCredentials(JSON.stringify({ ...USER, token_uri: WRONG_HOSTS[0] }), {
    tokenUri: 'https://proxy.example/token'
  })
  t.match(JSON.parse(moved.serialize()), { token_uri: 'https://proxy.example/token' }, 'the option is what counts')
})

t.test('nothing in a text reaches the prototype of anything', async (t) => {
  const text = JSON.stringify(USER).replace('{', '{"__proto__":{"polluted":true},"constructor":1,')
  const credentials = deserializeCredentials(text)
  t.equal(({} as any).polluted, undefined)
  t.match(JSON.parse(credentials.serialize()), { access_token: 'ya29.access' })
})
