import { strict as assert } from 'node:assert'
import type { Storage } from '../../core/storage/storage.js'
import { aboutSlot, assertHolds, token, underWay, type StoragePromise } from './promise.js'

interface Meanwhile {
  name: string
  /** What the slot holds before; `null` for nothing. */
  before: string | null
  write: (storage: Storage) => Promise<void>
  /** What it must hold afterwards. */
  after: string | null
}

/** What may happen while a refresh is on its way to Google and back. */
const MEANWHILE: readonly Meanwhile[] = [
  { name: 'put', before: 'old', write: (slot) => slot.put(token('anew')), after: 'anew' },
  { name: 'delete', before: 'old', write: (slot) => slot.delete(), after: null },
  { name: 'put in an empty slot', before: null, write: (slot) => slot.put(token('anew')), after: 'anew' },
  { name: 'delete in an empty slot', before: null, write: (slot) => slot.delete(), after: null },
  { name: 'put of the same token', before: 'old', write: (slot) => slot.put(token('old')), after: 'old' },
  {
    name: 'delete, and put of another token',
    before: 'old',
    async write(slot) {
      await slot.delete()
      await slot.put(token('anew'))
    },
    after: 'anew'
  },
  {
    name: 'delete, and put of the same token',
    before: 'old',
    async write(slot) {
      await slot.delete()
      await slot.put(token('old'))
    },
    after: 'old'
  },
  {
    name: 'put and delete in an empty slot',
    before: null,
    async write(slot) {
      await slot.put(token('anew'))
      await slot.delete()
    },
    after: null
  }
]

export const voided: readonly StoragePromise[] = [
  ...MEANWHILE.flatMap(({ name, before, write, after }) =>
    (['one', 'other'] as const).map((by) =>
      aboutSlot(
        `a change is void after: ${name}${by === 'one' ? '' : ', through another storage of the slot'}`,
        async (slot) => {
          if (before !== null) await slot.one.put(token(before))
          const { finish } = await underWay(slot.one)
          await write(slot[by])
          const result = await finish(token('refreshed'))
          await assertHolds(slot.other, after, 'a change must not write over what was written meanwhile')
          assert.equal(result?.accessToken ?? null, after, 'update() must return what is stored')
          const next = await slot.other.update(() => token('next'))
          assert.equal(next?.accessToken, 'next', 'the slot must work on')
        }
      )
    )
  ),

  aboutSlot('a change that deletes is void after: put', async ({ one, other }) => {
    await one.put(token('old'))
    const { finish } = await underWay(one)
    await other.put(token('anew'))
    const result = await finish(null)
    await assertHolds(other, 'anew', 'a late null must delete nothing newer')
    assert.equal(result?.accessToken, 'anew', 'update() must return what is stored')
  })
]
