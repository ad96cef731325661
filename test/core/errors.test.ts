import { revokeGrant } from '../../src/core/provider/revoke.js'
import type { OAuthClient } from '../../src/core/provider/client-authentication.js'
import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { withoutSecrets } from '../../src/core/lib/safe-cause.js'
import { GoogleAuthError } from '../../src/core/errors/base.js'
import * as accountErrors from '../../src/core/errors/account.js'
import * as apiErrors from '../../src/core/errors/api.js'
import * as crossSiteErrors from '../../src/core/errors/cross-site.js'
import * as exchangeErrors from '../../src/core/errors/exchange.js'
import * as grantErrors from '../../src/core/errors/grant.js'
import * as guardErrors from '../../src/core/errors/guard.js'
import * as idTokenErrors from '../../src/core/errors/id-token.js'
import * as setupErrors from '../../src/core/errors/setup.js'
import * as signInErrors from '../../src/core/errors/sign-in.js'
import * as storageErrors from '../../src/core/errors/storage.js'
import { OAuth2WebServerFlow } from '../../src/core/flow/flow.js'
import { GOOGLE_ENDPOINTS, providerSource } from '../../src/core/provider/endpoints.js'
import { refreshBy } from '../../src/core/provider/refresh.js'
import { Token } from '../../src/core/token/token.js'
import { caught } from '../support/caught.js'
import { jws, newKey } from '../support/misbehaving-provider.js'

const errors = {
  ...accountErrors,
  ...crossSiteErrors,
  ...exchangeErrors,
  ...grantErrors,
  ...apiErrors,
  ...storageErrors,
  ...guardErrors,
  ...idTokenErrors,
  ...setupErrors,
  ...signInErrors
}
const KEY = newKey('key-1')

/** Everything that can be read off an error, by whichever printer. */
function everything(error: unknown, depth = 0): string {
  if (depth > 6 || typeof error !== 'object' || error === null) return String(error)
  const own = Reflect.ownKeys(error).map((name) => {
    const value: unknown = Reflect.get(error, name)
    return `${String(name)}=${typeof value === 'function' ? '' : everything(value, depth + 1)}`
  })
  const { name, message, stack, headers } = error as Error & { headers?: unknown }
  return [
    ...own,
    name,
    message,
    stack,
    JSON.stringify(error),
    JSON.stringify(headers),
    inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity })
  ].join('\n')
}

/** How a planted text could show: as it is, or as libraries and URLs write it. */
function shows(error: unknown, secret: string): boolean {
  const seen = everything(error)
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].some((form) => seen.includes(form))
}

/** What came back in place of a good answer: built round the secrets that were sent. */
type Bad = (...secrets: string[]) => Response

const status = fc.constantFrom(200, 201, 205, 302, 400, 401, 403, 404, 429, 500, 503)
const contentType = fc.constantFrom(
  'application/json',
  'text/html',
  'application/json; charset=utf-8',
  'application/jwt'
)
const member = fc.constantFrom(
  ...['error', 'error_description', 'error_uri', 'error_subtype', 'access_token', 'token_type', 'expires_in'],
  ...['refresh_token', 'scope', 'id_token', 'refresh_token_expires_in', 'issuer', 'message', 'code', 'keys']
)
const which = fc.nat({ max: 9 })
const wrapping = fc.constantFrom<(secret: string) => unknown>(
  (secret) => secret,
  (secret) => `invalid_grant ${secret}`,
  (secret) => ({ [secret]: secret }),
  (secret) => [secret],
  (secret) => jws({ sub: secret, [secret]: 1, iss: secret, aud: secret, nonce: secret }, { key: KEY }),
  (secret) => jws({ sub: 'u' }, { key: KEY, header: { crit: [secret], [secret]: 1, kid: secret } }),
  (secret) => jws({ sub: 'u' }, { key: KEY, header: { alg: secret, typ: secret, jku: secret } }),
  (secret) => jws(secret, { key: KEY }),
  (secret) => `${secret}.${secret}.${secret}`,
  () => null,
  () => 'invalid_grant',
  () => 'Bearer'
)
const object = fc.array(fc.tuple(member, wrapping, which), { maxLength: 6 }).map(
  (members) =>
    (...secrets: string[]): string =>
      JSON.stringify(Object.fromEntries(members.map(([name, wrap, i]) => [name, wrap(secrets[i % secrets.length]!)])))
)
const text = fc
  .tuple(
    fc.constantFrom('', '<h1>', '\n    at ', '{"error":"', '{"a":\n at ', '"', '[', '{"access_token":"x","id_token":"'),
    fc.constantFrom('', '"}', '\n    at ', '</h1>', '"]'),
    which
  )
  .map(
    ([before, after, i]) =>
      (...secrets: string[]): string =>
        `${before}${secrets[i % secrets.length]!}${after}`
  )
const header = fc.option(fc.constantFrom('www-authenticate', 'location', 'retry-after', 'x-echo', 'cache-control'))
const answer: fc.Arbitrary<Bad> = fc
  .record({ status, contentType, header, make: fc.oneof(object, object, text), i: which })
  .map(({ status, contentType, header, make, i }) => (...secrets) => {
    const headers = new Headers({ 'content-type': contentType })
    if (header !== null) headers.set(header, `Bearer error="${encodeURIComponent(secrets[i % secrets.length]!)}"`)
    return new Response(status === 205 ? null : make(...secrets), { status, headers })
  })
const rejection: fc.Arbitrary<Bad> = fc
  .tuple(
    fc.constantFrom<(secret: string) => unknown>(
      (secret) => new TypeError('fetch failed', { cause: new Error(secret, { cause: new Error(`deep ${secret}`) }) }),
      (secret) => new Error(`\n    at ${secret} (body)\n    at ${secret}`),
      (secret) => Object.assign(new Error(secret), { code: 'ERR_INVALID_URL', input: secret, body: { secret } }),
      (secret) => new DOMException(secret, 'AbortError'),
      (secret) => new DOMException(secret, 'TimeoutError'),
      (secret) => new AggregateError([new Error(secret)], secret),
      (secret) => secret,
      (secret) => ({ message: secret, cause: secret }),
      () => undefined
    ),
    which
  )
  .map(([make, i]) => (...secrets) => {
    throw make(secrets[i % secrets.length]!)
  })

/** What was sent may be any text; what the other side makes up could pass for an error word if it were made of letters alone. */
const letters = fc.string({
  unit: fc.constantFrom('a', 'b', 'e', 'i', 'n', 's', 't', '_'),
  minLength: 12,
  maxLength: 40
})
const marked = fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 40 }).map((text) => `9Z${text}`)
const sentSecret = fc.oneof(letters, marked)

const bad = fc.oneof({ weight: 4, arbitrary: answer }, { weight: 1, arbitrary: rejection })

t.test('no secret shows in an error of a sign-in, for any answer', async (t) => {
  let failures = 0
  const property = fc.asyncProperty(sentSecret, sentSecret, bad, bad, async (code, clientSecret, token, keys) => {
    let verifier = ''
    const fetch = async (url: unknown): Promise<Response> => {
      const secrets = [code, clientSecret, verifier]
      return String(url) === GOOGLE_ENDPOINTS.jwks_uri ? keys(...secrets) : token(...secrets)
    }
    const options = { clientId: 'c', clientSecret, scope: 'openid', redirectUri: 'https://app.example/', fetch }
    const flow = new OAuth2WebServerFlow(options)
    const { attempt } = await flow.step1GetAuthorizeUrl()
    verifier = attempt.codeVerifier
    const error: unknown = await caught(flow.step2Exchange({ code, state: attempt.state }, attempt))
    failures++
    for (const secret of [code, clientSecret, verifier, attempt.nonce, attempt.state]) {
      if (shows(error, secret)) throw new Error(`shows ${secret}: ${everything(error)}`)
    }
    return error instanceof GoogleAuthError
  })
  await fc.assert(property, { numRuns: 600 })
  t.ok(failures >= 600)
})

t.test('no secret shows in an error of a return', async () => {
  const flow = new OAuth2WebServerFlow({ clientId: 'c', scope: 'openid', redirectUri: 'https://app.example/' })
  const { attempt } = await flow.step1GetAuthorizeUrl()
  const names = fc.constantFrom(
    'code',
    'state',
    'error',
    'error_description',
    'iss',
    'response',
    'id_token',
    'token',
    'x'
  )
  const callback = fc.array(fc.tuple(names, fc.oneof(marked, fc.constant(attempt.state))), { maxLength: 6 })
  fc.assert(
    fc.property(callback, (pairs) => {
      try {
        flow.readReturn(new URLSearchParams(pairs), attempt)
      } catch (error) {
        const { state, nonce, codeVerifier } = attempt
        const secrets = [state, nonce, codeVerifier, ...pairs.map(([, value]) => value)]
        return error instanceof GoogleAuthError && !secrets.some((secret) => shows(error, secret))
      }
      return true
    }),
    { numRuns: 400 }
  )
})

t.test('no secret shows in an error of a refresh or a revocation', async (t) => {
  const cases = fc.sample(fc.tuple(sentSecret, sentSecret, bad), 300)
  const work = cases.map(async ([refreshToken, clientSecret, answer]) => {
    const fetch = async (): Promise<Response> => answer(refreshToken, clientSecret)
    const client: OAuthClient = {
      clientId: 'c',
      clientSecret,
      provider: providerSource({}, fetch),
      fetch,
      now: Date.now
    }
    const token = Token.from({ accessToken: 'at', refreshToken, scopes: [] })
    const thrown = await Promise.all([
      refreshBy(client)(token).then(
        () => null,
        (error: unknown) => error
      ),
      revokeGrant(client, token).then(
        () => null,
        (error: unknown) => error
      )
    ])
    for (const error of thrown) {
      if (error === null) continue
      if (!(error instanceof GoogleAuthError)) throw new Error('not one of ours', { cause: error })
      for (const secret of [refreshToken, clientSecret]) {
        if (shows(error, secret)) throw new Error(`shows ${secret}: ${everything(error)}`)
      }
    }
    return thrown.filter((error) => error !== null).length
  })
  const failures = (await Promise.all(work)).reduce((sum, count) => sum + count, 0)
  t.ok(failures > 200, `${failures} errors read`)
})

t.test('a cause keeps what helps', async (t) => {
  const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
  const error = new errors.FlowExchangeError('unreachable', 'trouble', {
    cause: new TypeError('fetch failed', { cause: system })
  })
  const outer = error.cause as Error
  t.match(outer, { name: 'TypeError', message: 'fetch failed' })
  t.match(outer.cause, { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' })
  t.match(outer.stack, /^TypeError: fetch failed\n {4}at .*errors\.test/)
})

t.test('a cause leaves out what could tell', async (t) => {
  const loud = Object.assign(new Error('s3cret\n    at s3cret (x.js:1:1)'), {
    code: 's3cret',
    body: 's3cret',
    cause: { s3cret: 1 },
    response: new Response('s3cret')
  })
  const copy = withoutSecrets(loud)
  t.notOk(everything(copy).includes('s3cret'))
  t.match(copy.stack, /errors\.test/)
  const changed = new Error('s3cret')
  t.ok(changed.stack?.includes('s3cret'))
  changed.message = 'harmless'
  t.notOk(everything(withoutSecrets(changed)).includes('s3cret'), 'a message that was changed later')
  for (const value of ['s3cret', { message: 's3cret' }, null, undefined, 5]) {
    t.equal(withoutSecrets(value).message, '(not an Error)')
  }
  const circle = new Error('s3cret')
  circle.cause = circle
  t.notOk(everything(withoutSecrets(circle)).includes('s3cret'))
  const noStack = Object.assign(new Error('s3cret'), { stack: undefined })
  t.notOk(everything(withoutSecrets(noStack)).includes('s3cret'))
  t.equal(withoutSecrets(Object.assign(new Error('WRONGTYPE s3cret'), { name: 'ReplyError' })).message, 'WRONGTYPE')
  t.equal(
    withoutSecrets(Object.assign(new Error('s3cret'), { name: 'ReplyError' })).message,
    '(reply of Redis left out)'
  )
})

t.test('each error: its code, its status, its name', async (t) => {
  const table: [GoogleAuthError, string, number][] = [
    [new errors.LoginRequiredError(), 'GOOGLE_AUTH_LOGIN_REQUIRED', 401],
    [new errors.AccountNotConnectedError(), 'GOOGLE_AUTH_ACCOUNT_NOT_CONNECTED', 403],
    [new errors.OwnerMismatchError(), 'GOOGLE_AUTH_OWNER_MISMATCH', 403],
    [new errors.ScopeRequiredError(['a'], '/auth/start'), 'GOOGLE_AUTH_SCOPE_REQUIRED', 403],
    [new errors.LoginAttemptError('missing'), 'GOOGLE_AUTH_LOGIN_ATTEMPT', 400],
    [new errors.ReturnToError(), 'GOOGLE_AUTH_RETURN_TO', 400],
    [new errors.ScopeNotDeclaredError(), 'GOOGLE_AUTH_SCOPE_NOT_DECLARED', 400],
    [new errors.AuthorizationError('access_denied', ['a']), 'GOOGLE_AUTH_AUTHORIZATION', 403],
    [new errors.FlowExchangeError('invalid_grant', 'code'), 'GOOGLE_AUTH_EXCHANGE', 400],
    [new errors.FlowExchangeError('invalid_client', 'app'), 'GOOGLE_AUTH_EXCHANGE', 500],
    [new errors.FlowExchangeError('timeout', 'trouble'), 'GOOGLE_AUTH_EXCHANGE', 503],
    [new errors.VerifyJwtTokenError('mismatch', 'aud'), 'GOOGLE_AUTH_ID_TOKEN', 401],
    [new errors.VerifyJwtTokenError('keys_unavailable'), 'GOOGLE_AUTH_ID_TOKEN', 503],
    [new errors.HostedDomainError(), 'GOOGLE_AUTH_HOSTED_DOMAIN', 403],
    [new errors.EmailNotAllowedError(), 'GOOGLE_AUTH_EMAIL_NOT_ALLOWED', 403],
    [new errors.SignInTooOldError('/auth/start'), 'GOOGLE_AUTH_SIGN_IN_TOO_OLD', 403],
    [new errors.CsrfTokenError(), 'GOOGLE_AUTH_CSRF', 400],
    [new errors.AccessTokenRefreshError('timeout'), 'GOOGLE_AUTH_REFRESH', 503],
    [new errors.GrantLostError('invalid_grant', 'revoked'), 'GOOGLE_AUTH_GRANT_LOST', 401],
    [new errors.TokenRevokeError('timeout'), 'GOOGLE_AUTH_REVOKE', 502],
    [new errors.StorageError(), 'GOOGLE_AUTH_STORAGE', 503],
    [new errors.OriginNotAllowedError('https://evil.example'), 'GOOGLE_AUTH_ORIGIN', 500],
    [new errors.ResponseTooLargeError(1), 'GOOGLE_AUTH_RESPONSE_TOO_LARGE', 502],
    [new errors.CrossSiteError(), 'GOOGLE_AUTH_CROSS_SITE', 403],
    [new errors.InvalidClientSecretsError('x'), 'GOOGLE_AUTH_CLIENT_SECRETS', 500],
    [new errors.UnknownClientSecretsFlowError('x'), 'GOOGLE_AUTH_CLIENT_KIND', 500],
    [new errors.AccessTokenCredentialsError(), 'GOOGLE_AUTH_ACCESS_TOKEN', 401],
    [new errors.CredentialsFormatError('x'), 'GOOGLE_AUTH_CREDENTIALS_FORMAT', 500]
  ]
  for (const [error, code, statusCode] of table) {
    t.match(error, { code, statusCode, name: error.constructor.name })
    t.ok(error instanceof GoogleAuthError && error instanceof Error)
    t.notOk('name' in (JSON.parse(JSON.stringify(error)) as object))
  }
  const covered = new Set(table.map(([error]) => error.constructor.name))
  for (const name of Object.keys(errors)) t.ok(covered.has(name), name)
})

t.test('Retry-After is a whole number of seconds, one at least', async (t) => {
  const asked = (seconds?: number) => new errors.AccessTokenRefreshError('x', undefined, seconds).headers['retry-after']
  t.strictSame([asked(), asked(0), asked(0.2), asked(7.1), asked(120)], ['2', '1', '1', '8', '120'])
  const trouble = new errors.FlowExchangeError('http_429', 'trouble', { retryAfterS: 7.1 })
  t.strictSame(trouble.headers, { 'retry-after': '8' })
  t.strictSame(new errors.FlowExchangeError('timeout', 'trouble').headers, { 'retry-after': '2' })
  t.strictSame(new errors.VerifyJwtTokenError('keys_unavailable').headers, { 'retry-after': '2' })
  for (const final of [
    new errors.FlowExchangeError('invalid_grant', 'code'),
    new errors.FlowExchangeError('invalid_client', 'app'),
    new errors.VerifyJwtTokenError('expired', 'exp')
  ])
    t.equal(final.headers, undefined, 'trying again does not help')
})
