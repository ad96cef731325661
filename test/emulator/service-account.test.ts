import { generateKeyPairSync } from 'node:crypto'
import { importPKCS8, SignJWT } from 'jose'
import t from 'tap'
import { ADA, api, CALENDAR, post, startFor } from './app.js'

const READONLY = 'https://www.googleapis.com/auth/calendar.readonly'
const google = await startFor(t)
const delegation = { subjects: ['ada@example.com'], scopes: [CALENDAR] }
const keyFile = await google.createServiceAccount({ delegation })
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

async function ask(changes: Record<string, unknown> = {}, key = keyFile.private_key, alg = 'RS256') {
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: keyFile.client_email,
    aud: keyFile.token_uri,
    iat,
    exp: iat + 3600,
    scope: CALENDAR,
    ...changes
  }
  const assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg, kid: keyFile.private_key_id })
    .sign(await importPKCS8(key, alg))
  return post(google.endpoints.token, { grant_type: GRANT, assertion })
}

t.test('an assertion brings an access token for the account itself', async (t) => {
  const { status, body } = await ask()
  t.equal(status, 200)
  t.same(Object.keys(body).sort(), ['access_token', 'expires_in', 'token_type'])
  google
    .calendar(keyFile.client_email)
    .insert({ start: { date: '2030-01-01' }, end: { date: '2030-01-02' }, summary: 'robot' })
  t.match((await api(google, body.access_token, '?q=robot')).body.items, [{ summary: 'robot' }])
  t.equal((await post(google.endpoints.revocation, { token: body.access_token })).status, 200)
  t.equal((await api(google, body.access_token)).status, 401)
})

t.test('with delegation it acts for the listed users, with the listed scopes', async (t) => {
  const { body } = await ask({ sub: 'ada@example.com' })
  google.calendar(ADA).insert({ start: { date: '2030-01-01' }, end: { date: '2030-01-02' }, summary: 'hers' })
  t.match((await api(google, body.access_token, '?q=hers')).body.items, [{ summary: 'hers' }])
  const refused = { status: 401, body: { error: 'unauthorized_client' } }
  t.match(await ask({ sub: 'grace@example.com' }), refused)
  t.match(await ask({ sub: 'ada@example.com', scope: READONLY }), refused)
  t.match(await ask({ sub: 'nobody@example.com' }), { status: 400, body: { error: 'invalid_grant' } })
})

t.test('the error names what is wrong with an assertion', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = foreign.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const refused = async (answer: ReturnType<typeof ask>, description: RegExp) =>
    t.match(await answer, { status: 400, body: { error: 'invalid_grant', error_description: description } })
  await refused(ask({}, pem), /Signature/)
  await refused(ask({}, keyFile.private_key, 'RS512'), /Signature/)
  await refused(ask({ iss: 'nobody@x.iam.gserviceaccount.com' }), /account not found/)
  await refused(ask({ aud: 'https://oauth2.googleapis.com/token' }), /audience/)
  await refused(ask({ exp: now + 7200 }), /short-lived/)
  await refused(ask({ iat: now - 7200, exp: now - 3600 }), /short-lived/)
  await refused(ask({ iat: now + 600, exp: now + 900 }), /short-lived/)
  await refused(ask({ exp: undefined }), /short-lived/)
  await refused(post(google.endpoints.token, { grant_type: GRANT, assertion: 'x' }), /Failed to parse/)
  t.match(await ask({ scope: undefined }), { status: 400, body: { error: 'invalid_scope' } })
  t.match(await ask({ scope: 'rockets' }), { status: 400, body: { error: 'invalid_scope' } })
})

t.test('an account can be added with its public key', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const clientEmail = 'pem@emulator-project.iam.gserviceaccount.com'
  const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  google.addServiceAccount({ clientEmail, keyId: keyFile.private_key_id, publicKeyPem })
  t.equal((await ask({ iss: clientEmail }, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())).status, 200)
  google.addServiceAccount({ clientEmail, keyId: 'another', publicKeyPem })
  t.equal((await ask({ iss: clientEmail })).status, 400)
  t.throws(() => google.addServiceAccount({ clientEmail, keyId: 'k' }), TypeError)
})
