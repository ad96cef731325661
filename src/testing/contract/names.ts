import type { StorageFor } from '../../core/storage/storage.js'
import { assertHolds, inTime, randomName, token, underWay, type StoragePromise } from './promise.js'

type Name = readonly [owner: string, account: string]

/** Slots that a storage may take for one another, by how it makes a key of the names. */
const ALIKE: readonly [what: string, (name: string) => [Name, Name]][] = [
  [
    'two owners of one account',
    (name) => [
      [`${name}-1`, 'account'],
      [`${name}-2`, 'account']
    ]
  ],
  [
    'two accounts of one owner',
    (name) => [
      [name, 'account-1'],
      [name, 'account-2']
    ]
  ],
  [
    'owner and account in the other order',
    (name) => [
      [name, `${name}-2`],
      [`${name}-2`, name]
    ]
  ],
  [
    'an owner who ends where an account begins',
    (name) => [
      [`${name}1`, '11'],
      [name, '111']
    ]
  ],
  ...[':', '/', '-', '_', '.', ' ', '|', ',', '%3A'].map((between): (typeof ALIKE)[number] => [
    `names with ${JSON.stringify(between)} in them`,
    (name) => [
      [`${name}${between}a`, 'b'],
      [name, `a${between}b`]
    ]
  ]),
  [
    'names in capitals',
    (name) => [
      [`${name}-ann`, 'account'],
      [`${name}-ANN`, 'account']
    ]
  ],
  [
    'names that differ in their accents',
    (name) => [
      [`${name}-é`, 'account'],
      [`${name}-e`, 'account']
    ]
  ]
]

/** A promise about two slots, which are emptied in the end. */
function aboutSlots(
  name: string,
  namesOf: (name: string) => [Name, Name],
  check: (makeStorage: StorageFor, names: [Name, Name]) => Promise<void>
): StoragePromise {
  return {
    name,
    async check(makeStorage) {
      const names = namesOf(randomName())
      try {
        await check(makeStorage, names)
      } finally {
        for (const slot of names) await makeStorage(...slot).delete()
      }
    }
  }
}

export const names: readonly StoragePromise[] = [
  ...ALIKE.map(([what, namesOf]) =>
    aboutSlots(`keeps apart: ${what}`, namesOf, async (makeStorage, [one, other]) => {
      await makeStorage(...one).put(token('one'))
      await assertHolds(makeStorage(...other), null, `${String(other)} must be empty when ${String(one)} is written`)
      await makeStorage(...other).put(token('other'))
      await assertHolds(makeStorage(...one), 'one', `${String(one)} must stay when ${String(other)} is written`)
      await makeStorage(...other).delete()
      await assertHolds(makeStorage(...one), 'one', `${String(one)} must stay when ${String(other)} is deleted`)
    })
  ),

  aboutSlots(
    'a change of one slot holds up no other',
    (name) => [
      [name, 'account-1'],
      [name, 'account-2']
    ],
    async (makeStorage, [one, other]) => {
      const { finish } = await underWay(makeStorage(...one))
      const release = (): void => void finish(token('one')).catch(() => undefined)
      const free = makeStorage(...other).update(() => token('other'))
      await inTime(free, 'a change of one slot must not wait for that of another', release)
      await makeStorage(...other).delete()
      await finish(token('one'))
      await assertHolds(makeStorage(...one), 'one', 'a write to another slot must not void a change')
    }
  )
]
