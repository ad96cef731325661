import { CredentialsFormatError } from '../../../src/core/errors/setup.js'
import { AccessTokenRefreshError } from '../../../src/core/errors/grant.js'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { deserializeCredentials, MemoryStorage, ServiceAccountCredentials } from '../../../src/core.js'
import { startGoogleEmulator, type GoogleEmulator, type EmulatorOptions } from '../../../src/emulator.js'
import { bodyOf, serve } from '../../support/local-server.js'

const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
const DRIVE = 'https://www.googleapis.com/auth/drive.file'

async function emulator(t: Test, options?: EmulatorOptions): Promise<GoogleEmulator> {
  const google = await startGoogleEmulator({ strict: true, ...options })
  t.teardown(() => google.close())
  return google
}

/** A key whose public half is known, for a token endpoint at `tokenUri`. */
function ownKey(tokenUri: string) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const content = {
    type: 'service_account',
    client_email: 'robot@project.iam.gserviceaccount.com',
    client_id: '123456789',
    private_key_id: 'key-1',
    private_key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    token_uri: tokenUri
  }
  return { content, publicKey, pkcs1: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString() }
}

t.test('a key file brings tokens that the API takes', async (t) => {
  const google = await emulator(t)
  const keyFile = await google.createServiceAccount()
  const folder = await mkdtemp(join(tmpdir(), 'service-account-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'key.json')
  await writeFile(path, JSON.stringify(keyFile))
  const credentials = await ServiceAccountCredentials.fromKeyFile(path, { scopes: [CALENDAR] })
  const { data } = await credentials.request<{ summary: string }>({
    url: `${google.apiOrigin}/calendar/v3/calendars/primary/events`
  })
  t.equal(data.summary, keyFile.client_email)
  t.equal(await credentials.hasScopes([CALENDAR]), true)
  t.equal(await credentials.hasScopes([DRIVE]), false)
})

t.test('a key file that names another host than Google is refused, unless the option says so', async (t) => {
  const assertions: string[] = []
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      assertions.push(new URLSearchParams(body.toString()).get('assertion')!)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'ya29.made', token_type: 'Bearer', expires_in: 3599 }))
    })
  })
  const { content } = ownKey('https://evil.example/token')
  const folder = await mkdtemp(join(tmpdir(), 'service-account-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'key.json')
  await writeFile(path, JSON.stringify(content))
  const message = /"token_uri".*https:\/\/evil\.example.* option tokenUri/
  await t.rejects(ServiceAccountCredentials.fromKeyFile(path), { name: 'CredentialsFormatError', message })
  t.throws(() => ServiceAccountCredentials.fromKey(content), { name: 'CredentialsFormatError', message })
  const options = { scopes: CALENDAR, tokenUri: `${origin}/token` }
  for (const credentials of [
    await ServiceAccountCredentials.fromKeyFile(path, options),
    ServiceAccountCredentials.fromKey(content, options).createDelegated('ada@example.com')
  ])
    t.equal((await credentials.token()).accessToken, 'ya29.made')
  t.equal(assertions.length, 2)
})

t.test('one request to the token endpoint for many waiters, and again only when the token ages', async (t) => {
  let now = Date.now()
  const google = await emulator(t, { now: () => now })
  const credentials = ServiceAccountCredentials.fromKey(await google.createServiceAccount(), {
    scopes: CALENDAR,
    now: () => now
  })
  const tokens = await Promise.all(Array.from({ length: 30 }, () => credentials.token()))
  t.equal(new Set(tokens.map(({ accessToken }) => accessToken)).size, 1)
  t.equal(google.count('token'), 1)
  now += 3_400_000
  const old = await credentials.token()
  t.equal(old.accessToken, tokens[0]?.accessToken, 'served at once, and renewed behind the caller')
  while (google.count('token') < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.not((await credentials.token()).accessToken, old.accessToken)
  t.equal(google.count('token'), 2)
})

t.test('the assertion: RS256, kid, at most an hour, dated back, for the token endpoint of the key file', async (t) => {
  const forms: URLSearchParams[] = []
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      forms.push(new URLSearchParams(body.toString()))
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'ya29.made', token_type: 'Bearer', expires_in: 3599 }))
    })
  })
  const { content, publicKey } = ownKey(`${origin}/token`)
  const now = 1_800_000_000_000
  const credentials = ServiceAccountCredentials.fromKey(content, {
    scopes: 'email https://www.googleapis.com/auth/userinfo.profile',
    subject: 'ada@example.com',
    claims: { extra: 1 },
    now: () => now
  })
  const token = await credentials.token()
  t.equal(token.expiresAt, now + 3_599_000)
  const form = forms[0]!
  t.same([...form.keys()].sort(), ['assertion', 'grant_type'])
  t.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  const assertion = form.get('assertion')!
  t.same(decodeProtectedHeader(assertion), { alg: 'RS256', typ: 'JWT', kid: 'key-1' })
  const { payload } = await jwtVerify(assertion, publicKey, { currentDate: new Date(now) })
  t.same(payload, {
    extra: 1,
    sub: 'ada@example.com',
    scope: 'email https://www.googleapis.com/auth/userinfo.profile',
    iss: content.client_email,
    aud: `${origin}/token`,
    iat: now / 1000 - 60,
    exp: now / 1000 + 3_540
  })
})

t.test('delegation: acting for a user whose domain allows it', async (t) => {
  const google = await emulator(t)
  const [user] = google.users
  const keyFile = await google.createServiceAccount({ delegation: { subjects: [user!.email], scopes: [CALENDAR] } })
  const robot = ServiceAccountCredentials.fromKey(keyFile, { scopes: [CALENDAR] })
  const delegated = robot.createDelegated(user!.email)
  t.equal(delegated.subject, user!.email)
  t.equal(robot.subject, null, 'the first is as it was')
  const { data } = await delegated.request<{ summary: string }>({
    url: `${google.apiOrigin}/calendar/v3/calendars/primary/events`
  })
  t.equal(data.summary, user!.email)

  const overreaching = delegated.createScoped([CALENDAR, DRIVE])
  t.equal(overreaching.subject, user!.email)
  const refused = await overreaching.token().catch((error: unknown) => error)
  t.ok(refused instanceof AccessTokenRefreshError)
  t.match(refused, { code: 'GOOGLE_AUTH_REFRESH', reason: 'unauthorized_client' })
  const { message } = refused as Error
  for (const told of [keyFile.client_id, CALENDAR, DRIVE, user!.email, 'Domain-wide delegation', 'Admin console']) {
    t.ok(message.includes(told), told)
  }
  const unknown = await robot
    .createDelegated('nobody@nowhere.example')
    .token()
    .catch((error: unknown) => error)
  t.match(unknown, { code: 'GOOGLE_AUTH_REFRESH', reason: 'invalid_grant', message: /the user to act for is unknown/ })
})

t.test('a key that Google does not know is an error that says so, and no grant is lost', async (t) => {
  const google = await emulator(t)
  const { content } = ownKey(google.endpoints.token)
  const credentials = ServiceAccountCredentials.fromKey(content, { scopes: [CALENDAR] })
  for (let round = 0; round < 2; round++) {
    await t.rejects(credentials.token(), {
      code: 'GOOGLE_AUTH_REFRESH',
      reason: 'invalid_grant',
      message: /its key was deleted/
    })
  }
  t.equal(google.count('token'), 2, 'the second call asked again')
})

t.test('passing trouble is tried again; a 401 brings a new token', async (t) => {
  const google = await emulator(t)
  const credentials = ServiceAccountCredentials.fromKey(await google.createServiceAccount(), { scopes: [CALENDAR] })
  google.failNext('token', { status: 503 })
  await credentials.token()
  t.equal(google.count('token'), 2)
  google.expireAccessTokens()
  const url = `${google.apiOrigin}/calendar/v3/calendars/primary/events`
  t.equal((await credentials.authorize()(url)).status, 200)
  t.equal(google.count('token'), 3)
})

t.test('credentials of one key share the token by a storage', async (t) => {
  const google = await emulator(t)
  const storage = new MemoryStorage()
  const keyFile = await google.createServiceAccount()
  const [first, second] = [1, 2].map(() => ServiceAccountCredentials.fromKey(keyFile, { scopes: [CALENDAR], storage }))
  t.equal((await first!.token()).accessToken, (await second!.token()).accessToken)
  t.equal(google.count('token'), 1)
})

t.test('without scopes nothing is asked', async (t) => {
  const google = await emulator(t)
  const credentials = ServiceAccountCredentials.fromKey(await google.createServiceAccount())
  await t.rejects(credentials.token(), { name: 'TypeError', message: /createScoped/ })
  t.equal(google.count('token'), 0)
  t.equal(typeof (await credentials.createScoped(CALENDAR).token()).accessToken, 'string')
})

t.test('an error about a key file names the file and the field, and never shows the content', async (t) => {
  const { content, pkcs1 } = ownKey('https://oauth2.googleapis.com/token')
  const folder = await mkdtemp(join(tmpdir(), 'service-account-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'key.json')
  const refusal = async (text: string): Promise<Error> => {
    await writeFile(path, text)
    return ServiceAccountCredentials.fromKeyFile(path).then(
      () => new Error('was taken'),
      (error: unknown) => error as Error
    )
  }
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8'
  })
  const cases: [string, RegExp][] = [
    ['{"type":"service_account","private_key":"-----SECRET', /is not JSON/],
    ['[]', /must be a JSON object/],
    [JSON.stringify({ ...content, type: 'authorized_user' }), /"type" must be "service_account"/],
    [JSON.stringify({ ...content, client_email: undefined }), /"client_email" is missing/],
    [JSON.stringify({ ...content, private_key: 5 }), /"private_key" must be a text/],
    [JSON.stringify({ ...content, private_key: '-----BEGIN SECRET' }), /"private_key" is not a private key/],
    [JSON.stringify({ ...content, private_key: elliptic }), /"private_key" must be an RSA key/],
    [JSON.stringify({ ...content, token_uri: 'http://evil.example/token' }), /"token_uri" must be an https URL/]
  ]
  for (const [text, message] of cases) {
    const error = await refusal(text)
    t.ok(error instanceof CredentialsFormatError, String(message))
    t.match(error.message, message)
    t.ok(error.message.includes(path), 'names the file')
    t.notOk(JSON.stringify([error.message, String(error.cause)]).includes('SECRET'))
  }
  await t.rejects(ServiceAccountCredentials.fromKeyFile(join(folder, 'none.json')), { message: /cannot be read/ })
  t.ok(ServiceAccountCredentials.fromKey({ ...content, private_key: pkcs1 }), 'PKCS#1 is read as well')
  t.throws(() => deserializeCredentials(JSON.stringify({ ...content, private_key: 'x' })), CredentialsFormatError)
})

t.test('a storage that is emptied costs one token and no more', async (t) => {
  const google = await emulator(t)
  const keyFile = await google.createServiceAccount()
  const storage = new MemoryStorage()
  const robot = ServiceAccountCredentials.fromKey(keyFile, { scopes: [CALENDAR], storage })
  const first = await robot.token()
  await storage.delete()
  const second = await robot.token()
  t.not(second.accessToken, first.accessToken)
  t.equal((await storage.get())?.accessToken, second.accessToken)
})
