import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { MemoryStorage, memoryStorage } from '../../../src/core/storage/memory.js'
import { storageContract, token } from '../../support/storage-contract.js'

t.test('contract', async (t) => {
  storageContract(t, () => {
    const slot = new MemoryStorage()
    return { one: slot, other: slot }
  })
})

t.test('a record that was replaced by its own like is another', async (t) => {
  const slot = new MemoryStorage(token('a'))
  const same = (await slot.get())!
  const slow = slot.update(async () => {
    await sleep(20)
    return token('computed over what is gone')
  })
  await slot.put(token('b'))
  await slot.put(same)
  t.equal((await slow)?.accessToken, 'a')
  t.equal(await slot.get(), same)
})

t.test('deleted during a change', async (t) => {
  const slot = new MemoryStorage(token('a'))
  const slow = slot.update(async () => {
    await sleep(20)
    return token('from before the sign-out')
  })
  await slot.delete()
  t.equal(await slow, null)
  t.equal(await slot.get(), null)
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
