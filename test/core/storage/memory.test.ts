import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { MemoryStorage } from '../../../src/core/storage/memory.js'
import { Token } from '../../../src/core/token/token.js'
import { storageContract } from '../../support/storage-contract.js'

const token = (accessToken: string): Token => Token.from({ accessToken, scopes: [] })

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

t.test('deleted and made anew during a change', async (t) => {
  const slot = new MemoryStorage(token('a'))
  const slow = slot.update(async () => {
    await sleep(20)
    return token('from before the sign-out')
  })
  await slot.delete()
  t.equal(await slow, null)
  t.equal(await slot.get(), null)
})
