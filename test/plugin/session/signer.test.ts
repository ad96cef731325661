import { randomBytes } from 'node:crypto'
import t from 'tap'
import { sessionSigner } from '../../../src/plugin/session/signer.js'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]
const REFUSED = { valid: false, renew: false, value: null }

t.test('opens what it signed, also when asked twice', async (t) => {
  const { sign, unsign } = sessionSigner([NEW])
  const cookie = sign('an-id')
  for (let times = 0; times < 2; times++) {
    t.same(unsign(cookie), { valid: true, renew: false, value: 'an-id' })
    t.equal(sign('an-id'), cookie)
    t.equal(sign('an-id'), cookie)
  }
})

t.test('refuses what it did not sign', async (t) => {
  const { sign, unsign } = sessionSigner([NEW])
  const cookie = sign('an-id')
  const others = ['', '.', 'an-id', 'an-id.', `${cookie}x`, cookie.slice(0, -1), cookie.replace('an-id', 'another-id')]
  for (const other of others) t.same(unsign(other), REFUSED, JSON.stringify(other))
  t.same(unsign(sessionSigner([OLD]).sign('an-id')), REFUSED)
})

t.test('a retired key opens, the first one signs', async (t) => {
  const cookie = sessionSigner([OLD]).sign('an-id')
  const { sign, unsign } = sessionSigner([NEW, OLD])
  t.same(unsign(cookie), { valid: true, renew: true, value: 'an-id' })
  t.equal(sign('an-id'), sessionSigner([NEW]).sign('an-id'))
})

t.test('many sessions that are checked and never signed do no harm', async (t) => {
  const { sign, unsign } = sessionSigner([NEW])
  for (let number = 0; number < 2_500; number++) unsign(sign(`id-${number}`))
  t.same(unsign(sign('an-id')), { valid: true, renew: false, value: 'an-id' })
})

t.test('needs a key', async (t) => {
  t.throws(() => sessionSigner([]), TypeError)
})
