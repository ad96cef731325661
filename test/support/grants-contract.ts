/** What every store of grants promises. Each test has owners and accounts of its own, so that all can share one Redis. */
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { GrantRef } from '../../src/core/storage/storage.js'
import type { Grants } from '../../src/grants/grants.js'
import { eventually } from './redis.js'
import { token } from './storage-contract.js'

/** Two processes over one store. */
export interface GrantsUnderTest {
  one: Grants
  other: Grants
  /** `false`: the store cannot list the grants of all owners. */
  pages?: boolean
}

/** Ids that mean something to Redis, to its patterns, or to a reader of keys. */
export const ODD_IDS = [
  '{',
  '}',
  '{}',
  ':',
  'a:grant:b',
  '*',
  'a*',
  '?',
  '[a-z]',
  '\\',
  '%',
  '%7B',
  '%25',
  'käse ☃',
  '😀',
  '"',
  '__proto__'
]

export function unique(id = ''): string {
  return `${id}${randomBytes(6).toString('hex')}`
}

export const accountsOf = async (grants: Grants, owner: string): Promise<string[]> =>
  (await grants.list(owner)).map(({ account }) => account)

export async function listed(grants: Grants, signal?: AbortSignal): Promise<GrantRef[]> {
  const all: GrantRef[] = []
  for await (const page of grants.pages(signal)) all.push(...page)
  return all
}

const nameOf = ({ owner, account }: GrantRef): string => JSON.stringify([owner, account])

export function grantsContract(t: Test, { one, other, pages = true }: GrantsUnderTest): void {
  t.test('lists the accounts of an owner in the order of connecting, the default one first', async (t) => {
    const [owner, stranger] = [unique(), unique()]
    t.same(await one.list(owner), [])
    t.equal(await one.defaultAccount(owner), null)
    for (const account of ['c', 'a', 'b']) {
      const { stored } = await one.store({ owner, account }, () => token(`${owner} ${account}`))
      t.equal(stored?.accessToken, `${owner} ${account}`)
    }
    await one.store({ owner: stranger, account: 'a' }, () => token('theirs'))
    const grants = await other.list(owner)
    t.same(
      grants.map(({ account }) => account),
      ['c', 'a', 'b']
    )
    for (const { account, token, connectedAt } of grants) {
      t.equal(token !== 'unreadable' && token.accessToken, `${owner} ${account}`)
      t.ok(Math.abs(connectedAt - Date.now()) < 60_000, 'milliseconds since the epoch')
    }
    t.equal(await other.defaultAccount(owner), 'c')
    t.equal(await one.makeDefault(owner, 'b'), true)
    t.equal(await one.makeDefault(owner, 'unknown'), false)
    t.equal(await other.defaultAccount(owner), 'b')
    t.same(await accountsOf(other, owner), ['b', 'c', 'a'])
    t.same(await accountsOf(other, stranger), ['a'])
  })

  t.test('a merge keeps when the account was connected', async (t) => {
    const owner = unique()
    const connectedAt = async (): Promise<number[]> => (await other.list(owner)).map((grant) => grant.connectedAt)
    await one.store({ owner, account: 'a' }, () => token('first'))
    await one.store({ owner, account: 'b' }, () => token('b'))
    const before = await connectedAt()
    await eventually(() => Date.now() > Math.max(...before) + 2)
    await other.store({ owner, account: 'a' }, (current) => token(`${current?.accessToken}, second`))
    await one.storageFor(owner, 'a').put(token('third'))
    t.same(await connectedAt(), before)
    t.same(await accountsOf(one, owner), ['a', 'b'])
  })

  t.test('a deleted grant is in no list, and is not the default', async (t) => {
    const owner = unique()
    for (const account of ['a', 'b', 'c']) await one.storageFor(owner, account).put(token(account))
    await one.makeDefault(owner, 'b')
    await other.storageFor(owner, 'b').delete()
    t.same(await accountsOf(one, owner), ['a', 'c'])
    t.equal(await one.defaultAccount(owner), 'a')
    t.equal(await one.makeDefault(owner, 'b'), false)
    await one.storageFor(owner, 'b').update(() => token('again'))
    t.same(await accountsOf(other, owner), ['a', 'c', 'b'], 'a new grant is the last one')
    await other.storageFor(owner, 'a').update(() => null)
    t.same(await accountsOf(one, owner), ['c', 'b'])
    for (const account of ['c', 'b']) await one.storageFor(owner, account).delete()
    t.same(await one.list(owner), [])
    t.equal(await one.defaultAccount(owner), null)
  })

  t.test('a lost grant stays in the list and stays the default', async (t) => {
    const owner = unique()
    for (const account of ['a', 'b']) await one.storageFor(owner, account).put(token(account))
    const lost = { reason: 'invalid_grant', at: Date.now() }
    await one.storageFor(owner, 'a').update((current) => current!.with({ lost }))
    t.same(await accountsOf(other, owner), ['a', 'b'])
    t.equal(await other.defaultAccount(owner), 'a')
  })

  t.test('the owners that hold an account', async (t) => {
    const account = unique()
    const holders = async (): Promise<string[]> => (await other.ends.holders(account)).map(({ owner }) => owner).sort()
    t.same(await holders(), [])
    await one.store({ owner: 'o1', account }, () => token('a'))
    await one.storageFor('o2', account).put(token('b'))
    await one.storageFor('__proto__', account).update(() => token('c'))
    t.same(await holders(), ['__proto__', 'o1', 'o2'])
    const seen = await other.ends.holders(account)
    await one.store({ owner: 'o1', account }, () => token('again'))
    await one.storageFor('o2', account).put(token('again'))
    for (const holder of seen) await other.ends.letGo(account, holder)
    t.same(await holders(), ['o1', 'o2'], 'who has stored since then is not let go')
    for (const holder of await one.ends.holders(account)) await one.ends.letGo(account, holder)
    t.same(await holders(), [])
  })

  t.test('notes of ends', async (t) => {
    const grant = { owner: unique(), account: unique('{a}:') }
    const isUnfinished = async (olderThanMs: number): Promise<boolean> =>
      (await other.ends.unfinished(olderThanMs)).map(nameOf).includes(nameOf(grant))
    t.equal(await one.ends.noted(grant), null)
    await one.ends.note(grant, token('ends').with({ refreshToken: 'r' }))
    t.match(await other.ends.noted(grant), { accessToken: 'ends', refreshToken: 'r' })
    t.equal(await isUnfinished(0), true)
    t.equal(await isUnfinished(60_000), false)
    await other.ends.forget(grant)
    t.equal(await one.ends.noted(grant), null)
    t.equal(await isUnfinished(0), false)
    await one.ends.forget(grant)
  })

  t.test('a store learns of a revocation under way, and of one that is over', async (t) => {
    const [account, elsewhere] = [unique(), unique()]
    const told = async (): Promise<(number | null)[]> => {
      const { revokingMs } = await other.store({ owner: unique(), account }, () => token('a'))
      return [revokingMs, await other.ends.revokingMs(account)]
    }
    t.same(await told(), [null, null])
    const first = await one.ends.begin(account, 60_000)
    const second = await one.ends.begin(account, 5_000)
    for (const ms of await told()) t.ok(ms !== null && ms > 50_000 && ms <= 60_000)
    t.equal(await one.ends.revokingMs(elsewhere), null)
    await one.ends.done(account, first)
    for (const ms of await told()) t.ok(ms !== null && ms > 0 && ms <= 5_000)
    await other.ends.done(account, second)
    t.same(await told(), [0, 0])
    await one.ends.done(elsewhere, first)
    t.equal(await one.ends.revokingMs(elsewhere), null, 'an end that is not known leaves nothing')
  })

  if (pages) pagesContract(t, one, other)
}

function pagesContract(t: Test, one: Grants, other: Grants): void {
  t.test('pages of all grants, whatever the ids are', async (t) => {
    const grants = ODD_IDS.flatMap((id) => [
      { owner: id, account: unique() },
      { owner: unique(), account: id },
      { owner: id, account: id }
    ])
    for (const { owner, account } of grants) await one.storageFor(owner, account).put(token('a'))
    await one.ends.note(grants[0]!, token('a'))
    const all = (await listed(other)).map(nameOf)
    t.same(
      grants.map(nameOf).filter((name) => !all.includes(name)),
      []
    )
    for (const { owner, account } of grants) {
      t.ok((await accountsOf(other, owner)).includes(account), `${owner} ${account}`)
      await one.storageFor(owner, account).delete()
    }
    const after = (await listed(other)).map(nameOf)
    t.same(
      grants.map(nameOf).filter((name) => after.includes(name)),
      []
    )
    t.same(await listed(other, AbortSignal.abort()), [])
  })
}
