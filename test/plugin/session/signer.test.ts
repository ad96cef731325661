import { randomBytes } from 'node:crypto'
import t from 'tap'
import { SessionSigner } from '../../../src/plugin/session/signer.js'

const [OLD, NEW] = [randomBytes(32), randomBytes(32)]

t.test('opens what it signed', async (t) => {
  const signer = new SessionSigner([NEW])
  t.same(signer.unsign(signer.sign('an-id')), { id: 'an-id', retired: false })
  t.same(signer.unsign(signer.sign('dotted.id')), { id: 'dotted.id', retired: false })
})

t.test('refuses what it did not sign', async (t) => {
  const signer = new SessionSigner([NEW])
  const cookie = signer.sign('an-id')
  const others = ['', '.', 'an-id', 'an-id.', `${cookie}x`, cookie.slice(0, -1), cookie.replace('an-id', 'another-id')]
  for (const other of others) t.equal(signer.unsign(other), null, JSON.stringify(other))
  t.equal(signer.unsign(new SessionSigner([OLD]).sign('an-id')), null)
})

t.test('an old key opens, the first key signs', async (t) => {
  const cookie = new SessionSigner([OLD]).sign('an-id')
  const signer = new SessionSigner([NEW, OLD])
  t.same(signer.unsign(cookie), { id: 'an-id', retired: true })
  t.equal(signer.sign('an-id'), new SessionSigner([NEW]).sign('an-id'))
})

t.test('needs a key', async (t) => {
  t.throws(() => new SessionSigner([]), TypeError)
})
