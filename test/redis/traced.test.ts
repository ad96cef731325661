/** Without anybody who watches, the storage gives back what it would give alone: nothing is made for a call. */
import t from 'tap'
import type { CredentialSlot } from '../../src/redis/slot.js'
import { tracedCache, tracedReader, tracedSlot } from '../../src/redis/traced.js'
import { watch } from '../support/watching.js'

const answer = Promise.resolve(Buffer.from('record'))
const stored = Promise.resolve({ generation: '', sealed: null })
const snapshot = stored.then((held) => ({ acquired: true, stored: held, at: 0 }))
const slot: CredentialSlot = {
  read: () => stored,
  snapshot: () => snapshot,
  acquire: () => snapshot,
  write: () => Promise.resolve(null),
  release: () => Promise.resolve()
}

t.test('nobody watches', async (t) => {
  t.equal(tracedReader(() => answer)('key'), answer)
  const dropped: string[] = []
  const cache = tracedCache({ get: (_key, load) => load(), drop: (key) => void dropped.push(key) })
  t.equal(
    cache.get('key', () => answer),
    answer
  )
  cache.drop('key')
  t.same(dropped, ['key'])
  t.equal(tracedSlot(slot), slot)
})

t.test('somebody watches', async (t) => {
  const events = watch(t, 'storage')
  t.equal(await tracedReader(() => answer)('key'), await answer)
  const seen = tracedSlot(slot)
  t.equal(await seen.read(), await stored)
  t.equal(await seen.snapshot(), await snapshot)
  t.equal(await seen.acquire('lease', 1), await snapshot)
  t.equal(await seen.write({ notAfter: 0, next: null }), null)
  await seen.release('lease')
  const operations = ['read', 'read', 'lease', 'write', 'release']
  t.same(
    events.map(({ ended }) => ended),
    operations.map((operation) => ({ operation, outcome: 'done' }))
  )
})
