import t from 'tap'
import { observed, withInitialToken, withoutIdTokens } from '../../../src/core/storage/decorators.js'
import { MemoryStorage } from '../../../src/core/storage/memory.js'
import type { Storage } from '../../../src/core/storage/storage.js'
import { Token } from '../../../src/core/token/token.js'
import { storageContract } from '../../support/storage-contract.js'

const token = (accessToken: string, idToken?: string): Token =>
  Token.from({ accessToken, scopes: [], ...(idToken === undefined ? {} : { idToken }) })
const nameIn = async (storage: Storage): Promise<string | undefined> => (await storage.get())?.accessToken

t.test('an observed storage keeps the contract, and shows every token', async (t) => {
  storageContract(t, () => {
    const slot = new MemoryStorage()
    return { one: observed(slot, () => {}), other: slot }
  })
  const seen: string[] = []
  const storage = observed(new MemoryStorage(), ({ accessToken }) => void seen.push(accessToken))
  await storage.get()
  await storage.put(token('a'))
  await storage.get()
  await storage.update(() => token('b'))
  await storage.delete()
  t.strictSame(seen, ['a', 'a', 'b'])
})

t.test('an initial token stands in until there is another, or it is deleted', async (t) => {
  const initial = token('initial')
  const ends: Record<string, [(storage: Storage, slot: Storage) => unknown, string | undefined]> = {
    nothing: [() => {}, 'initial'],
    'a put': [(storage) => storage.put(token('put')), undefined],
    'a token that was found': [
      async (storage, slot) => {
        await slot.put(token('found'))
        t.equal(await nameIn(storage), 'found')
      },
      undefined
    ],
    'an update': [(storage) => storage.update((current) => token(`${current?.accessToken} updated`)), undefined],
    'an update that keeps it, which writes it': [(storage) => storage.update((current) => current), undefined],
    'a deletion': [(storage) => storage.delete(), undefined]
  }
  for (const [name, [end, left]] of Object.entries(ends)) {
    const slot = new MemoryStorage()
    const storage = withInitialToken(initial, slot)
    t.equal(await nameIn(storage), 'initial')
    await end(storage, slot)
    if (name === 'an update') t.equal(await nameIn(slot), 'initial updated')
    await slot.delete()
    t.equal(await nameIn(storage), left, name)
  }
  const storage = withInitialToken(initial, new MemoryStorage())
  const work = new Promise<Token>((resolve) => setTimeout(resolve, 10, token('new')))
  const updates = [1, 2].map(() => storage.update(() => work, { until: (current) => current?.accessToken === 'new' }))
  t.strictSame(
    (await Promise.all(updates)).map((each) => each?.accessToken),
    ['new', 'new']
  )
})

t.test('no ID token is written', async (t) => {
  const slot = new MemoryStorage(token('old', 'old.id.token'))
  const storage = withoutIdTokens(slot)
  t.equal((await storage.get())?.idToken, 'old.id.token', 'what is there is read as it is')
  const old = await slot.get()
  await storage.update((current) => current)
  t.equal(await slot.get(), old, 'and left as it is')
  await storage.put(token('a', 'x.y.z'))
  t.strictSame((await slot.get())?.toRecord(), { accessToken: 'a', scopes: [] })
  t.strictSame((await storage.update(async () => token('b', 'x.y.z')))?.toRecord(), { accessToken: 'b', scopes: [] })
  t.strictSame((await slot.get())?.toRecord(), { accessToken: 'b', scopes: [] })
  t.equal(await storage.update(() => null), null)
  t.equal(await slot.get(), null)
})

t.test('of an initial token and a stored one, the newer counts', async (t) => {
  const at = (accessToken: string, record: object): Token => Token.from({ accessToken, scopes: [], ...record })
  const fresh = at('fresh', { grantedAt: 2_000 })
  const stored: [Token, string][] = [
    [at('older', { grantedAt: 1_000 }), 'fresh'],
    [at('lost before', { grantedAt: 1_000, lost: { reason: 'invalid_grant', at: 1_500 } }), 'fresh'],
    [at('of a file without times', {}), 'fresh'],
    [at('refreshed since', { grantedAt: 1_000, refreshedAt: 3_000 }), 'refreshed since'],
    [at('lost since', { grantedAt: 2_000, lost: { reason: 'invalid_grant', at: 3_000 } }), 'lost since']
  ]
  for (const [token, counts] of stored) {
    const slot = new MemoryStorage(token)
    const storage = withInitialToken(fresh, slot)
    t.equal(await nameIn(storage), counts, token.accessToken)
    await storage.update((current) => current?.with({ refreshedAt: 4_000 }) ?? null)
    t.equal(await nameIn(slot), counts, 'and is what a change changes')
  }
})
