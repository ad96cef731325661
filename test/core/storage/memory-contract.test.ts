import t from 'tap'
import { MemoryStorage, memoryStorage } from '../../../src/core/storage/memory.js'
import { storageContract, token } from '../../support/storage-contract.js'

t.test('contract', async (t) => {
  storageContract(t, () => {
    const slot = new MemoryStorage()
    return { one: slot, other: slot }
  })
})

t.test('starts with a token when given one', async (t) => {
  t.equal((await new MemoryStorage(token('first')).get())?.accessToken, 'first')
})

t.test('one slot per user', async (t) => {
  const storageFor = memoryStorage()
  await storageFor('ann', 'ann').put(token('hers'))
  t.equal((await storageFor('ann', 'ann').get())?.accessToken, 'hers')
  t.equal(await storageFor('bob', 'bob').get(), null)
})
