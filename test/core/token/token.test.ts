import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { OAuth2Credentials } from '../../../src/core.js'
import { missingFrom } from '../../../src/core/token/scopes.js'
import { mergedOver } from '../../../src/core/token/merge.js'
import { EXPIRY_MARGIN_MS, isAging, isUsable, Token, type TokenRecord } from '../../../src/core/token/token.js'

const time = fc.integer({ min: 0, max: 2 ** 45 })
const blankable = fc.oneof(fc.string(), fc.constant(''), fc.constant(null as never))
const record: fc.Arbitrary<TokenRecord> = fc.record(
  {
    accessToken: fc.string(),
    scopes: fc.array(fc.constantFrom('openid', 'email', 'https://www.googleapis.com/auth/userinfo.email', 'a', 'b c')),
    refreshToken: blankable,
    idToken: blankable,
    expiresAt: time,
    refreshTokenExpiresAt: time,
    grantedAt: time,
    refreshedAt: time
  },
  { requiredKeys: ['accessToken', 'scopes'] }
)
const token = record.map((each) => Token.from(each))

const NOW = 1_800_000_000_000
const plain = (changes: Partial<TokenRecord> = {}): Token => Token.from({ accessToken: 'at', scopes: [], ...changes })

t.test('no refresh token is ever lost, and no scope', async () => {
  fc.assert(
    fc.property(token, fc.array(token, { maxLength: 5 }), (first, answers) => {
      let before = first
      for (const answer of answers) {
        const after = mergedOver(answer, before)
        if (before.refreshToken !== undefined && after.refreshToken === undefined) return false
        if (after.refreshToken === '' || after.idToken === '') return false
        if (answer.refreshToken !== undefined && after.refreshToken !== answer.refreshToken) return false
        if (missingFrom(after.scopes, before.scopes).length > 0) return false
        if (missingFrom(after.scopes, answer.scopes).length > 0) return false
        if (after.accessToken !== answer.accessToken || after.expiresAt !== answer.expiresAt) return false
        before = after
      }
      return true
    }),
    { numRuns: 1_000 }
  )
})

t.test('a record and back is the same', async () => {
  fc.assert(
    fc.property(token, (each) => {
      assert.deepEqual(Token.from(each.toRecord()).toRecord(), each.toRecord())
      assert.deepEqual(Token.from(JSON.parse(JSON.stringify(each.toRecord()))).toRecord(), each.toRecord())
    })
  )
})

t.test('nothing of a dead grant is passed on', async (t) => {
  const dead = plain({ refreshToken: 'rt', scopes: ['a'], lost: { reason: 'invalid_grant', at: NOW } })
  const after = mergedOver(plain({ scopes: ['b'] }), dead)
  t.strictSame(after.toRecord(), { accessToken: 'at', scopes: ['b'] })
  t.equal(mergedOver(plain(), null).accessToken, 'at')
})

t.test('when the refresh token was born, and when it ends', async (t) => {
  const before = plain({ refreshToken: 'rt-0', grantedAt: 1, refreshTokenExpiresAt: 2 })
  t.match(mergedOver(plain({ grantedAt: 5 }), before).toRecord(), { grantedAt: 1, refreshTokenExpiresAt: 2 })
  const rotated = mergedOver(plain({ refreshToken: 'rt-1', grantedAt: 5 }), before)
  t.equal(rotated.grantedAt, 5)
  t.equal(rotated.refreshTokenExpiresAt, undefined)
  t.equal(mergedOver(plain({ refreshToken: 'rt-1' }), before).grantedAt, 1)
})

t.test('usable: neither expired, nor empty, nor of a lost grant, nor the one that was refused', async (t) => {
  t.equal(isUsable(plain({ lost: { reason: 'invalid_grant', at: NOW } })), false)
  t.equal(isUsable(null), false)
  t.equal(isUsable(plain({ accessToken: '' })), false)
  t.equal(isUsable(plain()), true)
  t.equal(isUsable(plain({ expiresAt: NOW + EXPIRY_MARGIN_MS + 1 }), null, NOW), true)
  t.equal(isUsable(plain({ expiresAt: NOW + EXPIRY_MARGIN_MS }), null, NOW), false)
  t.equal(isUsable(plain(), plain()), false)
  t.equal(isUsable(plain(), plain({ accessToken: 'other' })), true)
})

t.test('aging: close to the end, and a short life is served half in peace', async (t) => {
  t.equal(isAging(plain(), 300_000, NOW), false)
  t.equal(isAging(plain({ expiresAt: NOW + 300_001 }), 300_000, NOW), false)
  t.equal(isAging(plain({ expiresAt: NOW + 300_000 }), 300_000, NOW), true)
  const short = plain({ refreshedAt: NOW, expiresAt: NOW + 60_000 })
  t.equal(isAging(short, 300_000, NOW + 29_000), false)
  t.equal(isAging(short, 300_000, NOW + 30_000), true)
  t.equal(isAging(plain({ expiresAt: NOW, lost: { reason: 'x', at: NOW } }), 300_000, NOW), false)
})

t.test('frozen, and a copy of what was given', async (t) => {
  const given = { accessToken: 'at', scopes: ['a'], lost: { reason: 'x', at: 1 } }
  const made = Token.from(given)
  given.accessToken = 'changed'
  given.scopes.push('b')
  given.lost.reason = 'changed'
  t.strictSame(made.toRecord(), { accessToken: 'at', scopes: ['a'], lost: { reason: 'x', at: 1 } })
  made.toRecord().scopes.push('c')
  t.strictSame(made.scopes, ['a'])
  t.throws(() => Object.assign(made, { x: 1 }), TypeError)
  t.throws(() => (made.scopes as string[]).push('c'), TypeError)
  t.throws(() => Object.assign(made.lost!, { reason: 'y' }), TypeError)
})

t.test('data of another shape', async (t) => {
  for (const wrong of [
    null,
    undefined,
    'at',
    {},
    { scopes: [] },
    { accessToken: 5, scopes: [] },
    { accessToken: 'at', scopes: [], refreshToken: 5 },
    { accessToken: 'at', scopes: [], idToken: {} },
    { accessToken: 'at', scopes: [], expiresAt: '5' },
    { accessToken: 'at', scopes: [], expiresAt: NaN },
    { accessToken: 'at', scopes: [], grantedAt: Infinity },
    { accessToken: 'at', scopes: 5 },
    { accessToken: 'at', scopes: [5] },
    { accessToken: 'at', scopes: [], lost: 'yes' },
    { accessToken: 'at', scopes: [], lost: {} },
    { accessToken: 'at', scopes: [], lost: { reason: 5, at: 1 } },
    { accessToken: 'at', scopes: [], lost: { reason: 'x', likelyCause: 5, at: 1 } },
    { accessToken: 'at', scopes: [], lost: { reason: 'x', at: 1e300 } }
  ] as never[]) {
    t.throws(() => Token.from(wrong), { name: 'TypeError', message: / must be / })
  }
})

t.test('a time outside the years 1 to 9999 is refused, and every other one can be serialized', async (t) => {
  const year = (time: number): string => JSON.stringify({ at: new Date(time).toISOString() })
  for (const time of [1e300, -1e300, 8.64e15, 253_402_300_800_000, -62_135_596_800_001]) {
    for (const field of ['expiresAt', 'refreshTokenExpiresAt', 'grantedAt', 'refreshedAt', 'consentAskedAt'])
      t.throws(() => plain({ [field]: time }), {
        name: 'TypeError',
        message: new RegExp(`^${field} .* must be .*9999`)
      })
  }
  for (const time of [0, -1, 1.5, 253_402_300_799_999, -62_135_596_800_000]) {
    const expiresAt = plain({ expiresAt: time }).expiresAt!
    t.match(year(expiresAt), /^\{"at":"\d{4}-/)
    const credentials = new OAuth2Credentials({ clientId: 'id', token: plain({ expiresAt }) })
    t.match(JSON.parse(credentials.serialize()), { token_expiry: /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/ })
  }
})

t.test('prints no secret', async (t) => {
  const secret = plain({ accessToken: 's3cret-a', refreshToken: 's3cret-r', idToken: 's3cret.i.d' })
  for (const printed of [
    JSON.stringify({ secret }),
    inspect(secret, { depth: Infinity, showHidden: true, getters: true }),
    inspect([{ secret }], { depth: Infinity }),
    // eslint-disable-next-line @typescript-eslint/no-base-to-string
    String(secret),
    `${Object.entries(secret).join()}${Object.getOwnPropertyNames(secret).join()}`
  ]) {
    t.notOk(printed.includes('s3cret'), printed)
  }
  t.notOk(JSON.stringify(structuredClone(secret)).includes('s3cret'))
})
