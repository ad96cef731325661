import fc from 'fast-check'
import t from 'tap'
import { packJson, unpackJson } from '../../../src/core/token/packed-json.js'

const SIGN_IN = {
  user: {
    sub: '110248495921238986420',
    scopes: ['openid', 'email', 'profile', 'https://www.googleapis.com/auth/calendar.readonly'],
    signedInAt: 1_764_463_200_000,
    email: 'ada@gmail.com',
    name: 'Ada Lovelace',
    givenName: 'Ada',
    familyName: 'Lovelace',
    picture: 'https://lh3.googleusercontent.com/a/abc',
    emailVerified: true
  }
}

t.test('a record is less than half as long, but for its own values', async (t) => {
  const json = JSON.stringify(SIGN_IN)
  const text = packJson(SIGN_IN)
  t.same(unpackJson(text), SIGN_IN)
  t.ok(text.length < json.length / 2, `${text.length} of ${json.length}`)
})

t.test('any JSON comes back as it was', async () => {
  const phrase = fc.constantFrom(
    '","',
    '{"user":{"sub":"',
    'openid","email","profile","',
    '\u0000',
    '\u001f',
    '\u001d"'
  )
  const text = fc.array(fc.oneof(fc.string({ unit: 'binary' }), phrase)).map((parts) => parts.join(''))
  const value = fc.oneof(fc.jsonValue(), fc.dictionary(text, text), text)
  fc.assert(
    fc.property(value, (given) => {
      const json = JSON.stringify(given)
      return JSON.stringify(unpackJson(packJson(given))) === json
    }),
    { numRuns: 2_000 }
  )
})
