/** The emulator as the transmitter of security events, and the RISC API of Google. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, importPKCS8, jwtVerify, SignJWT } from 'jose'
import t from 'tap'
import { ADA, startGoogle } from '../support/app.js'

const AUDIENCE = 'https://risc.googleapis.com/google.identity.risc.v1beta.RiscManagementService'
const PUSH = 'https://schemas.openid.net/secevent/risc/delivery-method/push'
const SESSIONS = 'https://schemas.openid.net/secevent/risc/event-type/sessions-revoked'
const ALL = { delivery: { delivery_method: PUSH, url: 'https://example.com/risc' }, events_requested: [SESSIONS] }

t.test('an event as Google sends it, verified by its configuration', async (t) => {
  const google = await startGoogle(t)
  const bodies: string[] = []
  const server = createServer((request, response) => {
    t.equal(request.headers['content-type'], 'application/secevent+jwt')
    void request.toArray().then((chunks) => {
      bodies.push(Buffer.concat(chunks as Buffer[]).toString())
      response.writeHead(bodies.length === 1 ? 202 : 400, { 'content-type': 'application/json; charset=utf-8' })
      response.end(bodies.length === 1 ? '""' : '{"err":"invalid_request"}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await t.rejects(google.risc.send('sessions-revoked'), { message: /No receiver is registered/ })
  google.risc.register(`http://127.0.0.1:${(server.address() as AddressInfo).port}/risc`)
  const sent = await google.risc.send('account-disabled', { sub: ADA.sub, reason: 'hijacking' })
  t.equal(sent.status, 202)
  t.equal(sent.jwt, bodies[0])
  const configuration = (await (await fetch(`${google.issuer}/.well-known/risc-configuration`)).json()) as {
    issuer: string
    jwks_uri: string
  }
  t.equal(configuration.issuer, `${google.issuer}/`)
  const { payload } = await jwtVerify(sent.jwt, createRemoteJWKSet(new URL(configuration.jwks_uri)), {
    issuer: configuration.issuer,
    audience: google.clientSecrets.web.client_id
  })
  t.equal(payload.jti, sent.jti)
  t.same(payload.events, {
    'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {
      subject: { subject_type: 'iss-sub', iss: `${google.issuer}/`, sub: ADA.sub },
      reason: 'hijacking'
    }
  })
  t.match(await google.risc.send('verification'), { status: 400, body: { err: 'invalid_request' } })
  t.equal(google.risc.stream()?.status, 'enabled')
})

t.test('an event goes to the clients of one project, and can be forged', async (t) => {
  const google = await startGoogle(t)
  const first = google.clientSecrets.web.client_id
  const second = google.addClient({ redirectUris: [] }).clientId
  const other = google.addClient({ redirectUris: [], project: 'other' }).clientId
  t.same(decodeJwt((await google.risc.sign('account-enabled')).jwt).aud, [first, second])
  t.equal(decodeJwt((await google.risc.sign('account-enabled', { clientId: other })).jwt).aud, other)
  await t.rejects(google.risc.sign('account-enabled', { clientId: 'none' }), { message: /no client none/ })
  await t.rejects(google.risc.sign('token-revoked', { sub: ADA.sub }), { message: /needs a refreshToken/ })
  const { jwt, jti } = await google.risc.sign('x:y', {
    jti: 'one',
    claims: { aud: 'z' },
    header: { typ: 'secevent+jwt' }
  })
  t.equal(jti, 'one')
  t.match(decodeJwt(jwt), { jti: 'one', aud: 'z', events: { 'x:y': {} } })
  t.equal(decodeProtectedHeader(jwt).typ, 'secevent+jwt')
})

t.test('the API checks the JWT of the service account, and what is asked', async (t) => {
  const google = await startGoogle(t)
  const { client_email: email, private_key: pem, private_key_id: kid } = await google.createServiceAccount()
  const privateKey = await importPKCS8(pem, 'RS256')
  const stranger = await importPKCS8((await google.createServiceAccount()).private_key, 'RS256')
  const now = Math.floor(Date.now() / 1000)
  const good = { iss: email, sub: email, aud: AUDIENCE, iat: now, exp: now + 3_600 }
  const sign = (claims: object, header: object = {}, signer = privateKey): Promise<string> =>
    new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(signer)
  const call = async (path: string, authorization?: string, body?: object): Promise<[number, any]> => {
    const response = await fetch(`${google.issuer}/v1beta/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return [response.status, await response.json()]
  }
  const bearer = `Bearer ${await sign({})}`
  for (const refused of [
    undefined,
    'Bearer x',
    `Bearer ${await sign({ iss: 'nobody@example.com' })}`,
    `Bearer ${await sign({ sub: 'someone@example.com' })}`,
    `Bearer ${await sign({ aud: google.endpoints.token })}`,
    `Bearer ${await sign({ exp: now + 3_700 })}`,
    `Bearer ${await sign({ exp: now - 100 })}`,
    `Bearer ${await sign({ iat: now + 200, exp: now + 300 })}`,
    `Bearer ${await sign({ exp: undefined })}`,
    `Bearer ${await sign({}, { kid: 'another' })}`,
    `Bearer ${await sign({}, {}, stranger)}`
  ]) {
    t.match(await call('stream:update', refused, ALL), [401, { error: { status: 'UNAUTHENTICATED' } }])
  }
  for (const path of ['stream', 'stream/status']) t.equal((await call(path, bearer))[0], 404)
  for (const wrong of [
    {},
    { ...ALL, delivery: { ...ALL.delivery, delivery_method: 'poll' } },
    { ...ALL, delivery: { delivery_method: PUSH, url: 'http://example.com/' } },
    { ...ALL, delivery: { delivery_method: PUSH } },
    { ...ALL, events_requested: ['x'] },
    { delivery: ALL.delivery }
  ]) {
    t.match(await call('stream:update', bearer, wrong), [400, { error: { status: 'INVALID_ARGUMENT' } }])
  }
  t.same(await call('stream:update', bearer, ALL), [200, {}])
  t.same(await call('stream', bearer), [200, ALL])
  t.same(await call('stream/status', bearer), [200, { status: 'enabled' }])
  t.equal((await call('stream/status:update', bearer, { status: 'paused' }))[0], 400)
  t.same(await call('stream/status:update', bearer, { status: 'disabled' }), [200, {}])
  t.match(await call('stream:verify', bearer, {}), [400, { error: { status: 'FAILED_PRECONDITION' } }])
  t.same(await call('stream/status:update', bearer, { status: 'enabled' }), [200, {}])
  await t.rejects(google.risc.send('tokens-revoked'), { message: /was not requested/ })
  t.ok(google.count('risc') > 10)
})
