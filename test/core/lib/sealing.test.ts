import t from 'tap'
import { createSealer, deriveKey, LONGEST_TEXT_BYTES, PURPOSE } from '../../../src/core/lib/sealing.js'

const OLD = 'old-secret-of-more-than-32-characters'
const NEW = 'new-secret-of-more-than-32-characters'
const sealer = createSealer([OLD])(PURPOSE.credentials)
const text = JSON.stringify({ refreshToken: '1//secret ☃' })
const plain = Buffer.from(text)

t.test('opens what it sealed, for the same context only', async (t) => {
  const sealed = sealer.seal(text, 'client', 'ann')
  t.match(sealed, /^[\w-]+$/, 'fit for a cookie')
  t.same(sealer.open(sealed, 'client', 'ann'), { plain, current: true })
  t.same(sealer.openBytes(sealer.sealBytes(text, 'client', 'ann'), 'client', 'ann'), { plain, current: true })
  t.same(sealer.open(sealer.seal(plain, 'client'), 'client'), { plain, current: true }, 'bytes as well')
  for (const context of [['client', 'bob'], ['client'], ['client', 'ann', ''], ['clientann'], ['client,3:ann'], []]) {
    t.equal(sealer.open(sealed, ...context), null, JSON.stringify(context))
  }
})

t.test('another purpose, another secret and another envelope do not open', async (t) => {
  const sealed = sealer.seal(text, 'x')
  t.equal(createSealer([OLD])(PURPOSE.loginAttempt).open(sealed, 'x'), null)
  t.equal(createSealer([NEW])(PURPOSE.credentials).open(sealed, 'x'), null)
  t.throws(() => createSealer([])(PURPOSE.credentials), TypeError)
})

t.test('rotation: all secrets of the list open, and current says whether the first did', async (t) => {
  const rotated = createSealer([NEW, OLD])(PURPOSE.credentials)
  t.same(rotated.open(sealer.seal(text, 'x'), 'x'), { plain, current: false })
  const anew = rotated.seal(text, 'x')
  t.same(rotated.open(anew, 'x'), { plain, current: true })
  t.equal(sealer.open(anew, 'x'), null, 'sealed by the first')
})

t.test('every bit counts, and nothing throws', async (t) => {
  const sealed = sealer.sealBytes(text, 'x')
  for (let at = 0; at < sealed.length; at++) {
    const altered = Buffer.from(sealed)
    altered[at]! ^= 1 << (at % 8)
    if (sealer.openBytes(altered, 'x') !== null) t.fail(`byte ${at} may be altered`)
  }
  for (let length = 0; length < sealed.length; length++) {
    if (sealer.openBytes(sealed.subarray(0, length), 'x') !== null) t.fail(`may be cut to ${length}`)
  }
  for (const garbage of ['', '!', 'AAAA', '\u0000', 'A'.repeat(5_000_000), '☃'.repeat(100)]) {
    t.equal(sealer.open(garbage, 'x'), null)
  }
  t.equal(sealer.openBytes(Buffer.alloc(5_000_000, 1), 'x'), null, 'too long to be looked at')
})

t.test('all that is sealed can be opened, and a text that is too long is refused', async (t) => {
  for (const length of [0, 65_536, LONGEST_TEXT_BYTES]) {
    const long = 'x'.repeat(length)
    t.ok(sealer.open(sealer.seal(long, 'x'), 'x')?.plain.toString() === long, `${length} bytes as text`)
    t.ok(sealer.openBytes(sealer.sealBytes(long, 'x'), 'x')?.plain.toString() === long, `${length} bytes`)
  }
  const message = new RegExp(`${LONGEST_TEXT_BYTES}`)
  t.throws(() => sealer.seal('x'.repeat(LONGEST_TEXT_BYTES + 1), 'x'), { name: 'TypeError', message })
  const wide = '☃'.repeat(LONGEST_TEXT_BYTES / 2)
  t.throws(() => sealer.sealBytes(wide, 'x'), { name: 'TypeError', message }, 'bytes count, not characters')
})

t.test('two seals of one text have nothing in common', async (t) => {
  const seals = Array.from({ length: 1_000 }, () => sealer.seal(text, 'x'))
  t.equal(new Set(seals).size, 1_000)
})

t.test('derived keys differ by secret and purpose, and are always the same', async (t) => {
  const keys = [OLD, NEW].flatMap((secret) => Object.values(PURPOSE).map((purpose) => deriveKey(secret, purpose, 32)))
  t.equal(new Set(keys.map((key) => key.toString('hex'))).size, 2 * Object.keys(PURPOSE).length)
  t.equal(deriveKey(OLD, PURPOSE.sessionSigning, 32).length, 32)
  t.same(deriveKey(OLD, PURPOSE.sessionSigning, 32), deriveKey(OLD, PURPOSE.sessionSigning, 32))
})
