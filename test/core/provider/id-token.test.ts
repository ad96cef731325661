import { HostedDomainError, VerifyJwtTokenError } from '../../../src/core/errors/id-token.js'
import { createHash } from 'node:crypto'
import t from 'tap'
import { idTokenVerifier, type IdTokenExpectations } from '../../../src/core/provider/id-token.js'
import { verifyIdToken } from '../../../src/core/provider/verify-id-token.js'
import { keySet } from '../../../src/core/provider/jwks.js'
import { caught } from '../../support/caught.js'
import { jws, newKey, type Signing } from '../../support/misbehaving-provider.js'

const CLIENT = 'client-1.apps.example'
const KEY = newKey('key-1')
const OTHER_KEY = newKey('key-2')
const NOW_S = 1_800_000_000

function published(...keys: Record<string, unknown>[]): typeof fetch {
  return async () => Response.json({ keys })
}

const GOOGLE = { issuers: ['https://accounts.google.com', 'accounts.google.com'] }
const clock = { now: () => NOW_S * 1000 }

function verifierOf(...keys: Record<string, unknown>[]) {
  return idTokenVerifier(
    GOOGLE,
    keySet(async () => 'https://keys.example/', published(...keys), clock.now),
    clock
  )
}

const verify = verifierOf(KEY.jwk, OTHER_KEY.jwk)

function token(changes: Record<string, unknown> = {}, signing: Signing = {}): string {
  const claims = {
    iss: 'https://accounts.google.com',
    aud: CLIENT,
    sub: 'u',
    iat: NOW_S,
    exp: NOW_S + 3600,
    ...changes
  }
  return jws(claims, { key: KEY, ...signing })
}

async function refusal(jwt: unknown, expected: Partial<IdTokenExpectations> = {}, by = verify) {
  try {
    await by(jwt as string, { clientId: CLIENT, ...expected })
  } catch (error) {
    if (error instanceof VerifyJwtTokenError) return [error.reason, error.claim]
    throw error
  }
  return 'accepted'
}

const accepted = async (jwt: string, expected: Partial<IdTokenExpectations> = {}): Promise<Record<string, unknown>> =>
  verify(jwt, { clientId: CLIENT, ...expected })

t.test('issuer: both of Google’s forms and nothing like them', async (t) => {
  for (const iss of ['https://accounts.google.com', 'accounts.google.com'])
    t.equal((await accepted(token({ iss }))).iss, iss)
  for (const iss of [
    'http://accounts.google.com',
    'https://accounts.google.com/',
    'https://accounts.google.com.evil.example',
    'ACCOUNTS.GOOGLE.COM',
    '',
    null,
    7,
    ['https://accounts.google.com']
  ]) {
    t.strictSame(await refusal(token({ iss })), ['mismatch', 'iss'], JSON.stringify(iss))
  }
  t.strictSame(await refusal(token({ iss: undefined })), ['missing', 'iss'])
})

t.test('audience and authorized party', async (t) => {
  await accepted(token({ aud: [CLIENT] }))
  await accepted(token({ azp: CLIENT }))
  await accepted(token({ aud: [CLIENT, 'android'], azp: 'android' }), { clientId: [CLIENT, 'android'] })
  for (const aud of ['someone-else', [], [''], ['someone-else'], 5, null, {}, CLIENT.toUpperCase()]) {
    t.strictSame(await refusal(token({ aud })), ['mismatch', 'aud'], JSON.stringify(aud))
  }
  t.strictSame(await refusal(token({ aud: undefined })), ['missing', 'aud'])
  t.strictSame(await refusal(token({ aud: [CLIENT, 'someone-else'] })), ['mismatch', 'aud'], 'a second audience')
  t.strictSame(await refusal(token({ aud: [CLIENT, 'someone-else'], azp: CLIENT })), ['mismatch', 'aud'])
  t.strictSame(await refusal(token({ aud: [CLIENT, 7] })), ['mismatch', 'aud'])
  for (const azp of ['someone-else', '', null, 5, [CLIENT]]) {
    t.strictSame(await refusal(token({ azp })), ['mismatch', 'azp'], JSON.stringify(azp))
  }
})

t.test('no audience to check against is the caller’s mistake', async (t) => {
  for (const clientId of [undefined, null, '', [], [''], [undefined], 5] as never[]) {
    await t.rejects(verify(token(), { clientId }), { name: 'TypeError', message: /^clientId must be/ })
  }
})

t.test('times, within the tolerance', async (t) => {
  await accepted(token({ exp: NOW_S - 59 }))
  t.strictSame(await refusal(token({ exp: NOW_S - 60 })), ['expired', 'exp'])
  t.strictSame(await refusal(token({ exp: undefined })), ['missing', 'exp'])
  await accepted(token({ iat: NOW_S + 60 }))
  t.strictSame(await refusal(token({ iat: NOW_S + 61 })), ['too_early', 'iat'])
  t.strictSame(await refusal(token({ iat: undefined })), ['missing', 'iat'])
  await accepted(token({ nbf: NOW_S + 60 }))
  t.strictSame(await refusal(token({ nbf: NOW_S + 61 })), ['too_early', 'nbf'])
  for (const claim of ['exp', 'iat', 'nbf']) {
    for (const value of [String(NOW_S + 30), null, true, [NOW_S], {}]) {
      const outcome = await refusal(token({ [claim]: value }))
      t.ok(outcome !== 'accepted' && outcome[1] === claim, `${claim} ${JSON.stringify(value)}: ${String(outcome)}`)
    }
  }
})

t.test('the tolerance is a number of seconds', async (t) => {
  const keys = keySet(async () => 'https://keys.example/', published(KEY.jwk), clock.now)
  for (const clockToleranceS of [NaN, Infinity, -1, '60', null] as number[]) {
    t.throws(() => idTokenVerifier(GOOGLE, keys, { clockToleranceS }), { name: 'TypeError', message: /clockTolerance/ })
  }
  const strict = idTokenVerifier(GOOGLE, keys, { clockToleranceS: 0, ...clock })
  t.strictSame(await refusal(token({ exp: NOW_S }), {}, strict), ['expired', 'exp'])
  t.equal(await refusal(token(), {}, strict), 'accepted')
})

t.test('nonce', async (t) => {
  await accepted(token({ nonce: 'n' }), { nonce: 'n' })
  await accepted(token({ nonce: 'n' }))
  for (const nonce of ['m', 'N', '', 'nn', null, 5, ['n']]) {
    t.strictSame(await refusal(token({ nonce }), { nonce: 'n' }), ['mismatch', 'nonce'], JSON.stringify(nonce))
  }
  t.strictSame(await refusal(token(), { nonce: 'n' }), ['mismatch', 'nonce'], 'missing')
})

t.test('at_hash', async (t) => {
  const hash = createHash('sha256').update('at').digest()
  const right = hash.subarray(0, 16).toString('base64url')
  await accepted(token({ at_hash: right }), { accessToken: 'at' })
  await accepted(token(), { accessToken: 'at' })
  await accepted(token({ at_hash: 'whatever' }))
  for (const at_hash of [
    '',
    null,
    5,
    hash.toString('base64url'),
    hash.subarray(16).toString('base64url'),
    `${right}==`
  ]) {
    t.strictSame(await refusal(token({ at_hash }), { accessToken: 'at' }), ['mismatch', 'at_hash'], String(at_hash))
  }
})

t.test('subject', async (t) => {
  await accepted(token({ sub: 'x'.repeat(255) }))
  for (const sub of ['', 'x'.repeat(256), 5, null, {}, ['u'], true]) {
    t.strictSame(await refusal(token({ sub })), ['mismatch', 'sub'], JSON.stringify(sub).slice(0, 20))
  }
  t.strictSame(await refusal(token({ sub: undefined })), ['missing', 'sub'])
})

t.test('email_verified is a boolean, however it was sent', async (t) => {
  const read = async (email_verified: unknown) => (await accepted(token({ email_verified }))).email_verified
  t.equal(await read(true), true)
  t.equal(await read('true'), true)
  for (const value of [false, 'false', 'TRUE', '1', 1, null, {}]) t.equal(await read(value), false)
  t.equal(await read(undefined), undefined)
})

t.test('hosted domain, on the verified claim', async (t) => {
  await accepted(token({ hd: 'Example.com' }), { hostedDomain: 'example.COM' })
  await accepted(token({ hd: 'example.com' }), { hostedDomain: ['a.example', 'example.com'] })
  await accepted(token({ hd: 'example.com' }), { hostedDomain: '*' })
  await accepted(token(), { hostedDomain: [] })
  for (const hd of [undefined, '', null, 5, ['example.com'], 'sub.example.com', 'example.com.evil.example']) {
    await t.rejects(accepted(token({ hd }), { hostedDomain: 'example.com' }), HostedDomainError, JSON.stringify(hd))
  }
  for (const hd of [undefined, '', 5])
    await t.rejects(accepted(token({ hd }), { hostedDomain: '*' }), HostedDomainError)
  await t.rejects(accepted(token({ hd: '' }), { hostedDomain: '' }), HostedDomainError)
})

t.test('another kind of token with a good signature is refused', async (t) => {
  for (const typ of [undefined, 'JWT', 'jwt', 'Jwt']) t.ok(await accepted(token({}, { header: { typ } })), String(typ))
  for (const typ of ['at+jwt', 'secevent+jwt', 'logout+jwt', 'application/jwt', 'JWT ', 'JOSE', '', null, 5, ['JWT']]) {
    t.strictSame(await refusal(token({}, { header: { typ } })), ['type', undefined], JSON.stringify(typ))
  }
  const event = { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {} }
  for (const events of [event, {}, [], null, false]) {
    t.strictSame(await refusal(token({ events })), ['type', 'events'], JSON.stringify(events))
  }
})

t.test('algorithm: RS256 and no other', async (t) => {
  const elliptic = newKey('key-ec', { curve: true })
  const spki = Buffer.from(JSON.stringify(KEY.jwk))
  const all = verifierOf(KEY.jwk, elliptic.jwk, { kty: 'oct', kid: 'key-oct', k: spki.toString('base64url') })
  const bad = (signing: Signing) => refusal(token({}, signing), {}, all)
  t.strictSame(await bad({ alg: 'none' }), ['algorithm', undefined])
  t.strictSame(await bad({ alg: 'none', header: { kid: undefined } }), ['algorithm', undefined])
  t.strictSame(await bad({ alg: 'HS256', secret: spki }), ['algorithm', undefined], 'the public key as a secret')
  t.strictSame(await bad({ alg: 'HS256', secret: spki, header: { kid: 'key-oct' } }), ['algorithm', undefined])
  t.strictSame(await bad({ alg: 'ES256', key: elliptic }), ['algorithm', undefined])
  t.strictSame(await bad({ alg: 'PS256' }), ['algorithm', undefined])
  for (const alg of ['None', 'rs256', 'RS384', '', null, ['RS256'], undefined, 'RSA-OAEP']) {
    t.strictSame(await bad({ header: { alg } }), ['algorithm', undefined], String(alg))
  }
  t.strictSame(await bad({ alg: 'HS256', secret: spki, header: { alg: 'RS256' } }), ['signature', undefined])
  t.strictSame(await bad({ alg: 'PS256', header: { alg: 'RS256' } }), ['signature', undefined])
  t.strictSame(await bad({ alg: 'ES256', key: elliptic, header: { alg: 'RS256' } }), ['no_matching_key', undefined])
})

t.test('signature', async (t) => {
  const [head, body, signature] = token().split('.') as [string, string, string]
  const forged = Buffer.from(JSON.stringify({ iss: GOOGLE.issuers[0], aud: CLIENT, sub: 'admin' })).toString(
    'base64url'
  )
  t.strictSame(await refusal(`${head}.${forged}.${signature}`), ['signature', undefined])
  t.strictSame(await refusal(`${head}.${body}.`), ['signature', undefined])
  t.strictSame(await refusal(`${head}.${body}.${signature.slice(0, -4)}AAAA`), ['signature', undefined])
  t.strictSame(await refusal(token({}, { key: OTHER_KEY, header: { kid: 'key-1' } })), ['signature', undefined])
  const stranger = newKey('key-1')
  t.strictSame(await refusal(token({}, { key: stranger })), ['signature', undefined])
  t.strictSame(
    await refusal(token({}, { key: stranger, header: { jwk: stranger.jwk, jku: 'https://evil.example/keys' } })),
    ['signature', undefined],
    'keys that the token brings along count for nothing'
  )
})

t.test('header: crit, b64, kid', async (t) => {
  for (const header of [{ crit: ['x'], x: 1 }, { crit: ['b64'], b64: false }, { crit: [] }, { crit: 'exp' }]) {
    t.not(await refusal(token({}, { header })), 'accepted', JSON.stringify(header))
  }
  t.strictSame(await refusal(token({}, { header: { kid: 'unknown' } })), ['no_matching_key', undefined])
  t.strictSame(await refusal(token({}, { header: { kid: '' } })), ['no_matching_key', undefined])
  for (const kid of [5, null, ['key-1'], { a: 1 }]) {
    t.not(await refusal(token({}, { header: { kid } })), 'accepted', JSON.stringify(kid))
  }
})

t.test('no kid: every key that could be meant is tried', async (t) => {
  const bare = token({}, { header: { kid: undefined } })
  t.equal(await refusal(bare, {}, verifierOf(KEY.jwk)), 'accepted', 'one key')
  t.equal(await refusal(bare, {}, verifierOf(OTHER_KEY.jwk, KEY.jwk)), 'accepted', 'the second')
  t.equal(await refusal(bare, {}, verifierOf(KEY.jwk, OTHER_KEY.jwk)), 'accepted', 'the first')
  t.strictSame(await refusal(bare, {}, verifierOf(OTHER_KEY.jwk)), ['signature', undefined], 'only a wrong key')
  const third = newKey('key-3')
  t.strictSame(await refusal(bare, {}, verifierOf(OTHER_KEY.jwk, third.jwk)), ['signature', undefined])
  t.strictSame(
    await refusal(token({ exp: NOW_S - 999 }, { header: { kid: undefined } }), {}, verifierOf(OTHER_KEY.jwk, KEY.jwk)),
    ['expired', 'exp']
  )
  t.strictSame(
    await refusal(token({ exp: NOW_S - 999 }, { header: { kid: undefined } }), {}, verifierOf(KEY.jwk, OTHER_KEY.jwk)),
    ['expired', 'exp'],
    'a later key does not hide what is wrong'
  )
})

t.test('unusable keys beside the good one do no harm', async (t) => {
  const weak = newKey('weak', { bits: 1024 })
  const bare = token({}, { header: { kid: undefined } })
  for (const [name, jwk] of Object.entries<unknown>({
    'too short': weak.jwk,
    'no modulus': { kty: 'RSA', e: 'AQAB', kid: 'broken' },
    'odd modulus': { kty: 'RSA', e: 'AQAB', n: '***', kid: 'broken' },
    'unknown type': { kty: 'XYZ', kid: 'x' },
    elliptic: newKey('ec', { curve: true }).jwk,
    'for encryption': { ...newKey('enc').jwk, use: 'enc' },
    'of another algorithm': { ...newKey('alg').jwk, alg: 'RS512' },
    'a text': 'key',
    null: null,
    'a list': []
  })) {
    const keys = jwk as Record<string, unknown>
    t.equal(await refusal(bare, {}, verifierOf(keys, KEY.jwk)), 'accepted', `${name}, before, without kid`)
    t.equal(await refusal(bare, {}, verifierOf(KEY.jwk, keys)), 'accepted', `${name}, after, without kid`)
    t.equal(await refusal(token(), {}, verifierOf(keys, KEY.jwk)), 'accepted', `${name}, with kid`)
  }
})

t.test('a key that is not for signatures signs nothing', async (t) => {
  for (const change of [{ use: 'enc' }, { alg: 'RS512' }, { key_ops: ['encrypt'] }]) {
    const outcome = await refusal(token(), {}, verifierOf({ ...KEY.jwk, ...change }))
    t.not(outcome, 'accepted', JSON.stringify(change))
  }
  const weak = newKey('weak', { bits: 1024 })
  t.not(await refusal(token({}, { key: weak }), {}, verifierOf(weak.jwk)), 'accepted', 'a key of 1024 bits')
  const { privateKey } = KEY
  t.not(
    await refusal(token(), {}, verifierOf({ ...privateKey.export({ format: 'jwk' }), kid: 'key-1' })),
    'accepted',
    'a published private key'
  )
})

t.test('texts that are not a JWT', async (t) => {
  const [head, body] = token().split('.') as [string, string]
  for (const [index, jwt] of [
    undefined,
    null,
    '',
    'x',
    '..',
    'a.b.c',
    5,
    {},
    [token()],
    `${head}.${body}`,
    `${token()}.`,
    ` ${token()}`,
    'x'.repeat(100_000)
  ].entries()) {
    const outcome = await refusal(jwt)
    t.not(outcome, 'accepted', `no token ${index}`)
  }
  for (const payload of ['', 'x', '[]', 'null', '5', '"text"']) {
    t.strictSame(await refusal(jws(payload, { key: KEY })), ['malformed', undefined], `signed ${payload}`)
  }
})

t.test('verifyIdToken: keys once per fetch, for all expectations', async (t) => {
  let fetched = 0
  const now = Math.floor(Date.now() / 1000)
  const live = (changes: Record<string, unknown> = {}): string => token({ iat: now, exp: now + 60, ...changes })
  const counting: typeof fetch = async () => {
    fetched++
    return Response.json({ keys: [KEY.jwk] })
  }
  await Promise.all(Array.from({ length: 5 }, () => verifyIdToken(live(), { clientId: CLIENT, fetch: counting })))
  t.match(await caught(verifyIdToken(live(), { clientId: 'other', fetch: counting })), {
    reason: 'mismatch',
    claim: 'aud'
  })
  t.match(await caught(verifyIdToken(live(), { clientId: CLIENT, nonce: 'n', fetch: counting })), { claim: 'nonce' })
  t.equal(fetched, 1)
  await t.rejects(verifyIdToken(live(), { audience: CLIENT, fetch: counting } as never), { name: 'TypeError' })
  const later = { clientId: CLIENT, fetch: counting, now: () => (now + 9999) * 1000 }
  t.match(await caught(verifyIdToken(live(), later)), { reason: 'expired' })
})

t.test('keys that cannot be had: 503, and no word about the token', async (t) => {
  const down: typeof fetch = async () => {
    throw Object.assign(new TypeError('fetch failed'), { cause: new Error('secret place') })
  }
  t.match(await caught(verifyIdToken(token(), { clientId: CLIENT, fetch: down })), {
    reason: 'keys_unavailable',
    statusCode: 503,
    code: 'GOOGLE_AUTH_ID_TOKEN'
  })
})
