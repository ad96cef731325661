import t from 'tap'
import { randomBytes } from '../../../src/core/lib/random.js'

t.test('each call gives other bytes, of the length that was asked for', async (t) => {
  const seen = new Set<string>()
  for (let call = 0; call < 1_000; call++) {
    const bytes = randomBytes(12)
    t.equal(bytes.length, 12)
    seen.add(bytes.toString('hex'))
  }
  t.equal(seen.size, 1_000)
  t.equal(randomBytes(4_096).length, 4_096)
})

t.test('bytes that were given are the caller’s own', async (t) => {
  const [first, second] = [randomBytes(16), randomBytes(16)]
  const before = second.toString('hex')
  first.fill(0)
  t.equal(second.toString('hex'), before)
})
