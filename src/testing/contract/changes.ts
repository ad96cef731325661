import { strict as assert } from 'node:assert'
import { aboutSlot, assertHolds, token, type StoragePromise } from './promise.js'

export const changes: readonly StoragePromise[] = [
  aboutSlot('update stores what the change gives, and returns it', async ({ one, other }) => {
    const first = await one.update((current) => {
      assert.equal(current, null, 'the change of an empty slot must get null')
      return token('a')
    })
    assert.equal(first?.accessToken, 'a', 'update() must return what is stored')
    const second = await other.update((current) => token(`${current?.accessToken}b`))
    assert.equal(second?.accessToken, 'ab', 'the change must get what is stored')
    await assertHolds(one, 'ab', 'update() must store what the change gives')
  }),

  aboutSlot('update leaves the slot as it is when the change gives what it got', async ({ one }) => {
    await one.put(token('a'))
    const kept = await one.update((current) => current)
    assert.equal(kept?.accessToken, 'a')
    await assertHolds(one, 'a', 'the token must stay')
  }),

  aboutSlot('update deletes when the change gives null', async ({ one, other }) => {
    await one.put(token('a'))
    assert.equal(await one.update(() => null), null, 'update() must return null')
    await assertHolds(other, null, 'the slot must be empty')
  }),

  aboutSlot('an update that fails stores nothing, and says why', async ({ one, other }) => {
    await one.put(token('old'))
    const failure = new Error('Google is away')
    const failing = one.update(async () => {
      await new Promise(setImmediate)
      throw failure
    })
    await assert.rejects(failing, failure, 'update() must reject with the error of the change')
    await assertHolds(other, 'old', 'what was stored must stay')
    const next = await other.update(() => token('new'))
    assert.equal(next?.accessToken, 'new', 'the next update must not be held up')
  })
]
