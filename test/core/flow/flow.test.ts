import { FlowExchangeError } from '../../../src/core/errors/exchange.js'
import { HostedDomainError } from '../../../src/core/errors/id-token.js'
import { AuthorizationError, LoginAttemptError } from '../../../src/core/errors/sign-in.js'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import t from 'tap'
import { OAuth2WebServerFlow } from '../../../src/core/flow/flow.js'
import type { FlowOptions } from '../../../src/core/flow/flow-options.js'
import { ATTEMPT_LIFE_MS, type LoginAttempt } from '../../../src/core/flow/login-attempt.js'
import { caught } from '../../support/caught.js'
import { MisbehavingProvider, newKey, type Answer, type Signing } from '../../support/misbehaving-provider.js'

const provider = await MisbehavingProvider.start()
t.teardown(() => provider.stop())
t.beforeEach(() => provider.behave())

const REDIRECT_URI = 'https://app.example/auth/return'
const SECRET = 'GOCSPX-the+very/secret value'
const { clientId } = provider

function newFlow(options: Partial<FlowOptions> = {}): OAuth2WebServerFlow {
  return new OAuth2WebServerFlow({
    clientId,
    clientSecret: SECRET,
    scope: 'openid email',
    redirectUri: REDIRECT_URI,
    issuer: provider.issuer,
    ...options
  })
}

const flow = newFlow()

/** An attempt whose nonce the provider's next ID token carries. */
async function begun(by = flow): Promise<{ url: URL; attempt: LoginAttempt }> {
  const { url, attempt } = await by.step1GetAuthorizeUrl()
  provider.nonce = attempt.nonce
  return { url: new URL(url), attempt }
}

/** One whole sign-in. */
async function signIn(by = flow) {
  const { attempt } = await begun(by)
  return by.step2Exchange({ code: '4/0code', state: attempt.state }, attempt)
}

const outcome = async (by = flow) => {
  const error = await signIn(by).then(
    () => ({ name: 'accepted' }),
    (error: unknown) => error as { name: string; reason?: string; claim?: string }
  )
  const { name, reason, claim } = error as { name: string; reason?: string; claim?: string }
  return [name, reason, claim].filter((part) => part !== undefined).join(' ')
}

t.test('the way out', async (t) => {
  const { url, attempt } = await begun()
  t.equal(url.origin + url.pathname, `${provider.issuer}/authorize`)
  const { code_challenge, ...rest } = Object.fromEntries(url.searchParams)
  t.strictSame(rest, {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    scope: 'openid email',
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge_method: 'S256',
    access_type: 'offline',
    include_granted_scopes: 'true'
  })
  t.equal(code_challenge, createHash('sha256').update(attempt.codeVerifier).digest('base64url'))
  t.match(attempt.codeVerifier, /^[\w.~-]{43,128}$/)
  t.notOk(url.href.includes(attempt.codeVerifier))
})

t.test('the way out, with wishes', async (t) => {
  const { url, attempt } = await newFlow({ hostedDomain: 'a.example', accessType: 'online' }).step1GetAuthorizeUrl({
    scopes: ['openid', 'https://www.googleapis.com/auth/userinfo.email', 'openid'],
    prompt: 'consent',
    loginHint: 'ann@a.example',
    redirectUri: 'http://127.0.0.1:7777/'
  })
  const { searchParams } = new URL(url)
  t.match(Object.fromEntries(searchParams), {
    access_type: 'online',
    scope: 'openid email',
    prompt: 'consent',
    login_hint: 'ann@a.example',
    redirect_uri: 'http://127.0.0.1:7777/',
    hd: 'a.example'
  })
  t.equal(attempt.redirectUri, 'http://127.0.0.1:7777/')
  const several = await newFlow({ hostedDomain: ['a.example', 'b.example'] }).step1GetAuthorizeUrl()
  t.equal(new URL(several.url).searchParams.get('hd'), '*')
})

t.test('an authorization endpoint with a query of its own keeps it', async (t) => {
  provider.answer('discovery', {
    body: { ...provider.metadata, authorization_endpoint: `${provider.issuer}/authorize?tenant=a&state=theirs` }
  })
  const { url, attempt } = await begun(newFlow())
  t.equal(url.searchParams.get('tenant'), 'a')
  t.strictSame(url.searchParams.getAll('state'), [attempt.state])
})

t.test('the whole way', async (t) => {
  const { attempt } = await begun()
  const code = '4/0Ab&c=d %+"é'
  const credentials = await flow.step2Exchange({ code, state: attempt.state, scope: 'x', authuser: '0' }, attempt)
  t.match(credentials.idToken, { sub: 'user-1', iss: provider.issuer })
  const token = await credentials.token()
  t.match(token.toRecord(), { accessToken: 'at-1', refreshToken: 'rt-1', scopes: ['openid', 'email'] })
  t.ok(Math.abs(token.expiresAt! - Date.now() - 3_599_000) < 5_000)
  const [asked] = provider.requests('token')
  t.equal(asked!.method, 'POST')
  t.strictSame(Object.fromEntries(asked!.form), {
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: attempt.codeVerifier,
    client_id: clientId,
    client_secret: SECRET
  })
  t.equal(asked!.headers.authorization, undefined)
  t.equal(provider.requests('token').length, 1)
})

t.test('the client proves itself as the provider takes it', async (t) => {
  for (const [methods, way] of [
    [['client_secret_basic'], 'basic'],
    [undefined, 'basic'],
    [['client_secret_basic', 'client_secret_post'], 'post']
  ] as const) {
    provider.behave()
    provider.answer('discovery', { body: { ...provider.metadata, token_endpoint_auth_methods_supported: methods } })
    await signIn(newFlow())
    const { form, headers } = provider.requests('token')[0]!
    t.equal(form.has('client_secret'), way === 'post')
    if (way === 'post') continue
    const pair = Buffer.from(headers.authorization!.replace('Basic ', ''), 'base64').toString().split(':')
    t.strictSame(
      pair.map((part) => new URLSearchParams(`x=${part}`).get('x')),
      [clientId, SECRET],
      'encoded as forms are, RFC 6749, section 2.3.1'
    )
  }
  provider.behave()
  await signIn(newFlow({ clientSecret: undefined }))
  const { form, headers } = provider.requests('token')[0]!
  t.equal(form.has('client_secret'), false)
  t.equal(headers.authorization, undefined)
})

// The names of the OpenID Foundation's basic relying-party plan.
const other = newKey('key-2')
const elliptic = newKey('key-ec', { curve: true })
const bare: Signing = { header: { kid: undefined } }

const PLAN: Record<string, { claims?: Record<string, unknown>; signing?: Signing; prepare?: () => void; is: string }> =
  {
    'happy-path': { is: 'accepted' },
    'nonce-unless-code-flow': { is: 'accepted' },
    'idtoken-sig-rs256': { is: 'accepted' },
    'kid-absent-single-jwks': { signing: bare, is: 'accepted' },
    'kid-absent-multiple-jwks': {
      signing: bare,
      prepare: () => (provider.published = [other, provider.key]),
      is: 'accepted'
    },
    'multiple-jwks-with-kid': { prepare: () => (provider.published = [other, provider.key, elliptic]), is: 'accepted' },
    'invalid-iss': { claims: { iss: 'https://evil.example' }, is: 'VerifyJwtTokenError mismatch iss' },
    'issuer-with-slash': { claims: { iss: `${provider.issuer}/` }, is: 'VerifyJwtTokenError mismatch iss' },
    'issuer-of-google': { claims: { iss: 'accounts.google.com' }, is: 'VerifyJwtTokenError mismatch iss' },
    'missing-iss': { claims: { iss: undefined }, is: 'VerifyJwtTokenError missing iss' },
    'missing-sub': { claims: { sub: undefined }, is: 'VerifyJwtTokenError missing sub' },
    'empty-sub': { claims: { sub: '' }, is: 'VerifyJwtTokenError mismatch sub' },
    'invalid-aud': { claims: { aud: 'another-client' }, is: 'VerifyJwtTokenError mismatch aud' },
    'missing-aud': { claims: { aud: undefined }, is: 'VerifyJwtTokenError missing aud' },
    'invalid-secondary-aud': {
      claims: { aud: [clientId, 'https://evil.example'] },
      is: 'VerifyJwtTokenError mismatch aud'
    },
    'invalid-azp': { claims: { azp: 'another-client' }, is: 'VerifyJwtTokenError mismatch azp' },
    'missing-iat': { claims: { iat: undefined }, is: 'VerifyJwtTokenError missing iat' },
    'missing-exp': { claims: { exp: undefined }, is: 'VerifyJwtTokenError missing exp' },
    expired: { claims: { exp: 1_000_000 }, is: 'VerifyJwtTokenError expired exp' },
    'nonce-invalid': { claims: { nonce: 'invalid' }, is: 'VerifyJwtTokenError mismatch nonce' },
    'nonce-missing': { claims: { nonce: undefined }, is: 'VerifyJwtTokenError mismatch nonce' },
    'invalid-sig-rs256': { signing: { key: { ...other, kid: 'key-1' } }, is: 'VerifyJwtTokenError signature' },
    'idtoken-sig-none': { signing: { alg: 'none' }, is: 'VerifyJwtTokenError algorithm' },
    'idtoken-sig-none-bare': { signing: { alg: 'none', ...bare }, is: 'VerifyJwtTokenError algorithm' },
    'invalid-sig-hs256': { signing: { alg: 'HS256', secret: SECRET }, is: 'VerifyJwtTokenError algorithm' },
    'invalid-sig-es256': {
      signing: { alg: 'ES256', key: elliptic },
      prepare: () => (provider.published = [provider.key, elliptic]),
      is: 'VerifyJwtTokenError algorithm'
    },
    'unknown-kid': { signing: { header: { kid: 'nowhere' } }, is: 'VerifyJwtTokenError no_matching_key' },
    'invalid-at-hash': { claims: { at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }, is: 'VerifyJwtTokenError mismatch at_hash' }
  }

for (const [name, { claims, signing, prepare, is }] of Object.entries(PLAN)) {
  t.test(name, async (t) => {
    prepare?.()
    provider.answer('token', () => ({ body: provider.tokens({ id_token: provider.idToken(claims, signing) }) }))
    t.equal(await outcome(newFlow()), is)
  })
}

t.test('userinfo is not asked, so that it cannot lie', async (t) => {
  await signIn(newFlow())
  t.strictSame(
    provider.seen.map(({ path }) => path),
    ['/.well-known/openid-configuration', '/token', '/keys']
  )
})

t.test('at_hash that fits', async (t) => {
  const at_hash = createHash('sha256').update('at-1').digest().subarray(0, 16).toString('base64url')
  provider.answer('token', () => ({ body: provider.tokens({ id_token: provider.idToken({ at_hash }) }) }))
  t.equal(await outcome(), 'accepted')
})

t.test('keys rotated since the last sign-in', async (t) => {
  const by = newFlow()
  await signIn(by)
  provider.published = [other]
  provider.answer('token', () => ({ body: provider.tokens({ id_token: provider.idToken({}, { key: other }) }) }))
  t.equal(await outcome(by), 'accepted')
})

t.test('key endpoint down', async (t) => {
  const by = newFlow()
  provider.answer('keys', { status: 500, body: '<h1>' })
  const error = await caught(signIn(by))
  t.match(error, { name: 'VerifyJwtTokenError', reason: 'keys_unavailable', statusCode: 503 })
  provider.behave()
  t.equal(await outcome(by), 'accepted')
  provider.answer('keys', 'reset')
  t.equal(await outcome(by), 'accepted')
})

t.test('what cannot be read from the answer', async (t) => {
  const bodies: Record<string, [unknown, string]> = {
    'no id_token': [{ id_token: undefined }, 'FlowExchangeError id_token_missing'],
    'null id_token': [{ id_token: null }, 'FlowExchangeError id_token_missing'],
    'empty id_token': [{ id_token: '' }, 'FlowExchangeError id_token_missing'],
    'garbage id_token': [{ id_token: 'x.y.z' }, 'VerifyJwtTokenError malformed'],
    'id_token that is an object': [{ id_token: { sub: 'user-1' } }, 'FlowExchangeError invalid_response']
  }
  for (const [name, [changes, is]] of Object.entries(bodies)) {
    provider.answer('token', () => ({ body: provider.tokens(changes as Record<string, unknown>) }))
    t.equal(await outcome(), is, name)
  }
})

t.test('the domain is known from an ID token alone', async (t) => {
  const by = newFlow({ scope: 'https://www.googleapis.com/auth/calendar', hostedDomain: 'a.example' })
  provider.answer('token', () => ({ body: provider.tokens({ id_token: undefined }) }))
  t.equal(await outcome(by), 'FlowExchangeError id_token_missing')
  provider.answer('token', () => ({ body: provider.tokens() }))
  await t.rejects(signIn(by), HostedDomainError)
  provider.answer('token', () => ({ body: provider.tokens({ id_token: provider.idToken({ hd: 'a.example' }) }) }))
  t.equal(await outcome(by), 'accepted')
})

t.test('without openid an ID token is optional, and checked if it is there', async (t) => {
  const by = newFlow({ scope: 'https://www.googleapis.com/auth/calendar' })
  provider.answer('token', () => ({ body: provider.tokens({ id_token: undefined }) }))
  t.equal((await signIn(by)).idToken, null)
  provider.answer('token', () => ({ body: provider.tokens({ id_token: provider.idToken({ nonce: 'x' }) }) }))
  t.equal(await outcome(by), 'VerifyJwtTokenError mismatch nonce')
})

t.test('scopes: as Google says, else as asked', async (t) => {
  for (const [scope, granted] of [
    [undefined, ['openid', 'email']],
    [null, ['openid', 'email']],
    ['email openid', ['email', 'openid']],
    ['https://www.googleapis.com/auth/userinfo.email openid', ['email', 'openid']],
    ['openid', ['openid']],
    [
      '  openid   email https://www.googleapis.com/auth/drive ',
      ['openid', 'email', 'https://www.googleapis.com/auth/drive']
    ]
  ] as const) {
    provider.answer('token', () => ({ body: provider.tokens({ scope }) }))
    const credentials = await signIn()
    t.strictSame((await credentials.token()).scopes, granted, String(scope))
  }
})

t.test('the return', async (t) => {
  const { attempt } = await begun()
  const { state } = attempt
  const good = { code: 'c', state }
  const wrong: Record<string, [unknown, string, LoginAttempt?]> = {
    'no state': [{ code: 'c' }, 'malformed'],
    'empty state': [{ code: 'c', state: '' }, 'forged'],
    'wrong state': [{ code: 'c', state: 'x' }, 'forged'],
    'state of the right length': [{ code: 'c', state: state.replace(/.$/, '!') }, 'forged'],
    'state with a tail': [{ code: 'c', state: `${state} ` }, 'forged'],
    'state twice': [{ code: 'c', state: [state, state] }, 'malformed'],
    'state twice, differing': [`?code=c&state=${state}&state=x`, 'malformed'],
    'state as an object': [{ code: 'c', state: { [state]: '' } }, 'forged'],
    'state undefined': [{ code: 'c', state: undefined }, 'malformed'],
    'no code': [{ state }, 'malformed'],
    'empty code': [{ code: '', state }, 'malformed'],
    'code twice': [{ code: ['c', 'd'], state }, 'malformed'],
    'code null': [{ code: null, state }, 'malformed'],
    'code undefined': [{ code: undefined, state }, 'malformed'],
    'code as an object': [{ code: Object.assign(Object.create(null), { a: 1 }), state }, 'malformed'],
    'nothing at all': [{}, 'malformed'],
    'an empty text': ['', 'malformed'],
    'wrong iss': [{ ...good, iss: 'https://evil.example' }, 'issuer'],
    'iss with a slash': [{ ...good, iss: `${provider.issuer}/` }, 'issuer'],
    'iss of Google': [{ ...good, iss: 'https://accounts.google.com' }, 'issuer'],
    'empty iss': [{ ...good, iss: '' }, 'issuer'],
    'iss twice': [{ ...good, iss: [provider.issuer, provider.issuer] }, 'malformed'],
    'wrong iss with an error': [{ error: 'access_denied', state, iss: 'https://evil.example' }, 'issuer'],
    'a JARM response': [{ ...good, response: 'a.b.c' }, 'malformed'],
    'an ID token in front': [{ ...good, id_token: 'a.b.c' }, 'malformed'],
    'a token in front': [{ ...good, token: 'x' }, 'malformed'],
    'error without state': [{ error: 'access_denied' }, 'malformed'],
    'error with a wrong state': [{ error: 'access_denied', state: 'x' }, 'forged'],
    'error twice': [{ error: ['access_denied', 'x'], state }, 'malformed'],
    'attempt too old': [good, 'expired', { ...attempt, createdAt: Date.now() - ATTEMPT_LIFE_MS }],
    'attempt without a time': [good, 'expired', { ...attempt, createdAt: NaN }],
    'attempt without a state': [{ code: 'c', state: 'undefined' }, 'forged', { ...attempt, state: undefined as never }],
    'attempt of another client': [good, 'forged', { ...attempt, clientId: 'other' }]
  }
  for (const [name, [callback, reason, of = attempt]] of Object.entries(wrong)) {
    const error = await caught(Promise.resolve().then(() => flow.readReturn(callback as string, of)))
    t.ok(error instanceof LoginAttemptError, name)
    t.match(error, { reason, statusCode: 400, code: 'GOOGLE_AUTH_LOGIN_ATTEMPT' }, name)
  }
  for (const callback of [
    good,
    { ...good, iss: provider.issuer },
    { ...good, unknown: ['x', 'y'], nested: { a: 1 }, scope: 'a' },
    new URLSearchParams(good),
    new URL(`${REDIRECT_URI}?code=c&state=${state}`),
    `${REDIRECT_URI}?code=c&state=${state}#`,
    `/auth/return?code=c&state=${state}`,
    `/auth/return?code=c&state=${state}#_=_`,
    `code=c&state=${state}`
  ]) {
    t.match(flow.readReturn(callback, attempt), { attempt: { clientId, redirectUri: REDIRECT_URI } })
  }
  const aged = { ...attempt, createdAt: Date.now() - ATTEMPT_LIFE_MS + 5_000 }
  t.ok(flow.readReturn(good, aged))
  t.equal(provider.requests('token').length, 0, 'nothing was exchanged')
})

t.test('where the provider promises iss, a return without it is refused, an error too', async (t) => {
  const promise = { authorization_response_iss_parameter_supported: true }
  provider.answer('discovery', { body: { ...provider.metadata, ...promise } })
  const promising = newFlow()
  const kept = JSON.parse(JSON.stringify((await begun(promising)).attempt)) as LoginAttempt
  const { state } = kept
  provider.seen = []
  // Another process reads the return, which has not asked for the metadata.
  for (const by of [promising, newFlow()]) {
    for (const callback of [
      { code: 'c', state },
      { error: 'access_denied', state }
    ]) {
      const error = await caught(by.step2Exchange(callback, kept))
      t.match(error, { name: 'LoginAttemptError', reason: 'issuer', statusCode: 400 }, JSON.stringify(callback))
    }
    t.ok(by.readReturn({ code: 'c', state, iss: provider.issuer }, kept))
    const refused = { error: 'access_denied', state, iss: provider.issuer }
    t.throws(() => by.readReturn(refused, kept), { name: 'AuthorizationError' })
  }
  t.equal(provider.seen.length, 0, 'nobody was asked')
  for (const odd of [false, 'true', undefined]) {
    const metadata = { ...provider.metadata, authorization_response_iss_parameter_supported: odd }
    provider.answer('discovery', { body: metadata })
    t.equal(await outcome(newFlow()), 'accepted', String(odd))
  }
})

t.test('both of Google’s names count as iss', async (t) => {
  const google = new OAuth2WebServerFlow({ clientId, scope: 'openid', redirectUri: REDIRECT_URI })
  const { attempt } = await google.step1GetAuthorizeUrl()
  for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
    t.ok(google.readReturn({ code: 'c', state: attempt.state, iss }, attempt))
  }
  for (const iss of [
    'http://accounts.google.com',
    'https://accounts.google.com/',
    'accounts.google.com.evil.example'
  ]) {
    t.throws(() => google.readReturn({ code: 'c', state: attempt.state, iss }, attempt), LoginAttemptError)
  }
})

t.test('an error from the authorization endpoint', async (t) => {
  const { attempt } = await begun()
  const { state } = attempt
  for (const [error, reason] of [
    ['access_denied', 'access_denied'],
    ['admin_policy_enforced', 'admin_policy_enforced'],
    ['', 'unknown_error'],
    ['<script>alert(1)</script>', 'unknown_error'],
    ['access_denied\r\nset-cookie: a=b', 'unknown_error'],
    ['Access denied', 'unknown_error'],
    [`a${'b'.repeat(64)}`, 'unknown_error'],
    ['access_denied\n', 'unknown_error']
  ] as const) {
    const thrown = await caught(flow.step2Exchange({ error, error_description: 'x', state, code: 'c' }, attempt))
    t.ok(thrown instanceof AuthorizationError)
    t.match(thrown, { reason, statusCode: 403 })
    t.equal(thrown.cause, undefined)
  }
  t.equal(provider.seen.length, 0, 'nobody was asked')
})

t.test('a grant is good for one exchange, with the flow that read it', async (t) => {
  const { attempt } = await begun()
  const callback = { code: 'c', state: attempt.state }
  const grant = flow.readReturn(callback, attempt)
  t.strictSame(Object.keys(grant), ['attempt'])
  t.notOk(JSON.stringify(grant).includes(attempt.codeVerifier))
  await t.rejects(newFlow().exchange(grant), TypeError)
  await t.rejects(flow.exchange({ attempt: grant.attempt }), TypeError, 'a copy')
  await t.rejects(flow.exchange(structuredClone(grant)), TypeError)
  t.equal(provider.requests('token').length, 0)
  await flow.exchange(grant)
  await t.rejects(flow.exchange(grant), TypeError)
  const again = flow.readReturn(callback, attempt)
  const both = await Promise.allSettled([flow.exchange(again), flow.exchange(again)])
  t.strictSame(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  const failing = flow.readReturn(callback, attempt)
  provider.answer('token', { status: 500 })
  await t.rejects(flow.exchange(failing), FlowExchangeError)
  provider.behave()
  await t.rejects(flow.exchange(failing), TypeError, 'a failure uses it up as well')
})

t.test('the token endpoint fails', async (t) => {
  const cases: Record<string, [Answer, string, number]> = {
    invalid_grant: [{ status: 400, body: { error: 'invalid_grant' } }, 'invalid_grant', 400],
    'invalid_grant with 500': [{ status: 500, body: { error: 'invalid_grant' } }, 'invalid_grant', 503],
    invalid_client: [
      { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: { error: 'invalid_client' } },
      'invalid_client',
      500
    ],
    'invalid_client with 503': [{ status: 503, body: { error: 'invalid_client' } }, 'invalid_client', 503],
    unauthorized_client: [{ status: 400, body: { error: 'unauthorized_client' } }, 'unauthorized_client', 500],
    redirect_uri_mismatch: [{ status: 400, body: { error: 'redirect_uri_mismatch' } }, 'redirect_uri_mismatch', 500],
    deleted_client: [{ status: 401, body: { error: 'deleted_client' } }, 'deleted_client', 500],
    disabled_client: [{ status: 401, body: { error: 'disabled_client' } }, 'disabled_client', 500],
    unsupported_grant_type: [{ status: 400, body: { error: 'unsupported_grant_type' } }, 'unsupported_grant_type', 500],
    invalid_request: [{ status: 400, body: { error: 'invalid_request' } }, 'invalid_request', 500],
    'a word that is not known': [{ status: 400, body: { error: 'internal_failure' } }, 'internal_failure', 503],
    'too many requests': [{ status: 429, body: { error: 'invalid_grant' } }, 'invalid_grant', 503],
    'a challenge without a body': [{ status: 401, headers: { 'www-authenticate': 'Basic' } }, 'http_401', 503],
    'odd error word': [{ status: 400, body: { error: `invalid_grant ${SECRET}` } }, 'http_400', 503],
    'error of a wrong type': [{ status: 400, body: { error: { a: 1 } } }, 'http_400', 503],
    'error in 200': [{ body: { error: 'invalid_grant' } }, 'invalid_response', 503],
    redirect: [{ status: 302, headers: { location: `${provider.issuer}/elsewhere` } }, 'http_302', 503],
    'redirect 307': [{ status: 307, headers: { location: `${provider.issuer}/elsewhere` } }, 'http_307', 503],
    '500 HTML': [{ status: 500, headers: { 'content-type': 'text/html' }, body: '<h1>' }, 'http_500', 503],
    '204': [{ status: 204 }, 'http_204', 503],
    '205': [{ status: 205 }, 'http_205', 503],
    '201': [{ status: 201, body: provider.tokens() }, 'http_201', 503],
    '200 HTML': [
      { headers: { 'content-type': 'text/html' }, body: '<h1>Sign in to the network' },
      'invalid_response',
      503
    ],
    '200 empty': [{ body: '' }, 'invalid_response', 503],
    '200 null': [{ body: 'null' }, 'invalid_response', 503],
    '200 list': [{ body: [provider.tokens()] }, 'invalid_response', 503],
    '200 cut short': [{ body: '{"access_token":"at-1"' }, 'invalid_response', 503],
    reset: ['reset', 'unreachable', 503],
    endless: ['endless', 'unreachable', 503]
  }
  for (const [name, [answer, reason, statusCode]] of Object.entries(cases)) {
    provider.seen = []
    provider.answer('token', answer)
    const error = await caught(signIn())
    t.ok(error instanceof FlowExchangeError, name)
    t.match(error, { reason, statusCode }, name)
    t.equal(error.headers?.['retry-after'], statusCode === 503 ? '2' : undefined, name)
    t.equal(provider.seen.length, 1, `${name}: asked once, and nobody else`)
  }
})

t.test('Retry-After is the provider’s; a refused app gets the fix', async (t) => {
  for (const [status, retryAfter, expected] of [
    [503, '17', '17'],
    [429, '0', '1'],
    [500, 'soon', '2']
  ] as const) {
    for (const endpoint of ['token', 'discovery'] as const) {
      provider.answer(endpoint, { status, headers: { 'retry-after': retryAfter } })
      const error = await caught(signIn(newFlow()))
      t.match(error, { name: 'FlowExchangeError', statusCode: 503, headers: { 'retry-after': expected } }, endpoint)
      provider.behave()
    }
  }
  for (const [error, fix] of [
    ['invalid_client', /clientId and clientSecret/],
    ['redirect_uri_mismatch', /redirectUri.*Google console/],
    ['unauthorized_client', /Web application/],
    ['invalid_request', /Google console/]
  ] as const) {
    provider.answer('token', { status: 400, body: { error } })
    t.match(await caught(signIn()), { message: fix, statusCode: 500 })
  }
})

t.test('a token endpoint that hangs: within the time limit', async (t) => {
  await begun()
  const answers: Answer[] = ['hang', 'stall']
  provider.answer('token', () => answers.pop()!)
  const startedAt = performance.now()
  t.strictSame(await Promise.all([outcome(), outcome()]), Array(2).fill('FlowExchangeError timeout'))
  t.ok(performance.now() - startedAt < 7_000)
})

t.test('discovery fails', async (t) => {
  provider.answer('discovery', { status: 500, body: '<h1>' })
  const by = newFlow()
  const failed = { name: 'FlowExchangeError', reason: 'discovery_failed', statusCode: 503 }
  for (const answer of [{ status: 500 }, { status: 404 }, { body: '<h1>' }, { body: {} }, 'reset'] as Answer[]) {
    provider.answer('discovery', answer)
    t.match(await caught(by.step1GetAuthorizeUrl()), { ...failed, headers: { 'retry-after': '2' } })
  }
  provider.answer('discovery', { status: 400, body: { error: 'invalid_grant' } })
  t.match(await caught(by.step1GetAuthorizeUrl()), failed, 'no word on any grant')
  provider.behave()
  t.equal(await outcome(by), 'accepted', 'and is asked again')
})

t.test('options that are wrong', async (t) => {
  const options = { clientId, scope: 'openid', redirectUri: REDIRECT_URI }
  for (const name of ['clientId', 'redirectUri']) {
    for (const value of [undefined, null, '', 5, {}] as never[]) {
      t.throws(() => new OAuth2WebServerFlow({ ...options, [name]: value }), {
        name: 'TypeError',
        message: `${name} must`
      })
    }
  }
  t.throws(() => newFlow({ clockTolerance: NaN }), { name: 'TypeError', message: /clockTolerance/ })
})

t.test('prints no secret', async (t) => {
  t.notOk(JSON.stringify(flow).includes(SECRET))
  t.notOk(inspect(flow, { depth: Infinity, showHidden: true }).includes(SECRET))
})
