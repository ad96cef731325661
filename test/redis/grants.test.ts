/** What the grants in Redis promise beyond the contract: their cost, own grants, keys, and stores that meet ends. */
import t, { type Test } from 'tap'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { memoryStorage } from '../../src/core/storage/memory.js'
import type { GrantRef } from '../../src/core/storage/storage.js'
import type { Grants } from '../../src/grants/grants.js'
import type { RedisClient } from '../../src/redis/commands.js'
import { NOTE_TTL_MS } from '../../src/redis/grant-ends.js'
import { redisGrants, type RedisGrantsOptions } from '../../src/redis/grants.js'
import { redisKeys } from '../../src/redis/keys.js'
import { RECORD_LIFE_MS } from '../../src/grants/grants.js'
import { accountsOf, listed, unique } from '../support/grants-contract.js'
import { startRedis } from '../support/redis.js'
import { startCluster } from '../support/redis-cluster.js'
import { token } from '../support/storage-contract.js'
import { clientNames } from '../support/user-storages.js'

const server = await startRedis()
t.teardown(() => server.stop())
const redis = server.client()

const sealer = createSealer(['secret-of-at-least-32-characters-01'])(PURPOSE.credentials)
const client = clientNames('grants')
const keys = redisKeys(client)

const open = (options: Partial<RedisGrantsOptions> = {}): Grants =>
  redisGrants({ redis, sealer, client, keys, isOwn: () => false, ...options })

const isOwn = ({ owner, account }: GrantRef): boolean => owner === account
/** With an app that connects accounts only. */
const connecting = open()
/** With an app in which users sign in. */
const signingIn = open({ isOwn })

/** The commands that Redis was sent meanwhile. */
async function sentDuring(work: () => Promise<unknown>): Promise<string[]> {
  const monitor = await server.client().monitor()
  const sent: string[] = []
  const end = unique('end')
  const ended = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (args[1] === end) resolve()
      else if (source !== 'lua') sent.push(args[0]!.toLowerCase())
    })
  })
  await work()
  await redis.echo(end)
  await ended
  monitor.disconnect()
  return sent
}

t.test('fifty accounts are listed in one command', async (t) => {
  const owner = unique()
  const accounts = Array.from({ length: 50 }, (_, at) => `account-${at}`)
  for (const account of accounts) await connecting.store({ owner, account }, () => token(account))
  // The text of a script is sent only when Redis does not know it yet.
  await connecting.list(owner)
  await connecting.defaultAccount(owner)
  await connecting.makeDefault(owner, 'account-0')
  let found: string[] = []
  t.same(await sentDuring(async () => (found = await accountsOf(connecting, owner))), ['evalsha'])
  t.same(found, accounts)
  t.same(await sentDuring(() => connecting.defaultAccount(owner)), ['evalsha'])
  t.same(await sentDuring(() => connecting.makeDefault(owner, 'account-9')), ['evalsha'])
  t.equal(await connecting.defaultAccount(owner), 'account-9')
})

t.test('the cost of a store', async (t) => {
  const own = unique()
  const [owner, account] = [unique(), unique()]
  for (const name of ['first', 'again']) {
    const storing = sentDuring(() => signingIn.store({ owner: own, account: own }, () => token(name)))
    t.same(await storing, ['evalsha', 'evalsha'], `a sign-in costs no more than its record, ${name}`)
  }
  t.same(await redis.keys(`*${own}*`), [keys.grant({ owner: own, account: own }).record], 'and leaves no other key')
  t.same(
    await sentDuring(() => signingIn.store({ owner, account }, () => token('a'))),
    Array.from({ length: 4 }, () => 'evalsha')
  )
  t.same(
    await sentDuring(() => signingIn.storageFor(owner, account).update(() => token('b'))),
    ['evalsha', 'evalsha'],
    'a refresh holds nothing'
  )
  t.same(await sentDuring(() => signingIn.storageFor(owner, account).get()), ['get'])
  t.same(await sentDuring(() => signingIn.defaultAccount(own)), [], 'the own account is known')
})

t.test('the own account comes first, and is the default', async (t) => {
  const owner = unique()
  await signingIn.store({ owner, account: 'b' }, () => token('b'))
  await signingIn.store({ owner, account: 'a' }, () => token('a'))
  t.same(await accountsOf(signingIn, owner), ['b', 'a'])
  await signingIn.store({ owner, account: owner }, () => token('own').with({ grantedAt: 1_700_000_000_000 }))
  await signingIn.makeDefault(owner, 'a')
  t.same(await accountsOf(signingIn, owner), [owner, 'b', 'a'])
  t.equal((await signingIn.list(owner))[0]?.connectedAt, 1_700_000_000_000)
  t.equal(await signingIn.defaultAccount(owner), owner)
  t.same(await signingIn.ends.holders(owner), [])
  const inApp = open({ isOwn, storageFor: memoryStorage() })
  await inApp.store({ owner, account: 'b' }, () => token('b'))
  t.same(await inApp.store({ owner, account: owner }, () => token('own')), { stored: token('own'), revokingMs: null })
  t.same(await accountsOf(inApp, owner), [owner, 'b'])
})

t.test('a record that does not open is listed as unreadable, and one that has ended is not listed', async (t) => {
  const owner = unique()
  for (const account of ['a', 'b', 'c', 'd']) await connecting.store({ owner, account }, () => token(account))
  const record = (account: string): string => keys.grant({ owner, account }).record
  await connecting.makeDefault(owner, 'd')
  await redis.copy(record('a'), record('b'), 'REPLACE')
  await redis.del(record('c'), record('d'))
  await redis.hset(record('c'), 'not', 'a string')
  t.equal(await connecting.defaultAccount(owner), 'a')
  t.same(
    (await connecting.list(owner)).map(({ account, token }) => [account, token === 'unreadable']),
    [
      ['a', false],
      ['b', true],
      ['c', true]
    ]
  )
  t.same(await redis.zrange(keys.accounts(owner).index, '0', '-1'), ['a', 'b', 'c'])
  t.equal(await redis.get(keys.accounts(owner).default), 'a')
})

t.test('a refresh does not make its account the default', async (t) => {
  const owner = unique()
  for (const account of ['x', 'y']) await connecting.store({ owner, account }, () => token(account))
  await redis.del(keys.accounts(owner).default)
  await connecting.storageFor(owner, 'y').update(() => token('refreshed'))
  t.equal(await connecting.defaultAccount(owner), 'x', 'the one connected first, even where the key was lost')
})

t.test('a listing skips an account whose record is gone from a storage of the app', async (t) => {
  const records = memoryStorage()
  const [owner, grants] = [unique(), open({ storageFor: records })]
  for (const account of ['a', 'b']) await grants.storageFor(owner, account).put(token(account))
  await records(owner, 'a').delete()
  t.same(await accountsOf(grants, owner), ['b'])
  t.equal(await grants.makeDefault(owner, 'a'), false)
})

t.test('the index and the default live as long as the last record, and notes for thirty days', async (t) => {
  const grant = { owner: unique(), account: unique() }
  await connecting.store(grant, () => token('a'))
  await connecting.makeDefault(grant.owner, grant.account)
  const { index, default: chosen } = keys.accounts(grant.owner)
  for (const key of [index, chosen]) await redis.pexpire(key, 1_000)
  await connecting.storageFor(grant.owner, grant.account).update(() => token('refreshed'))
  for (const key of [index, chosen]) t.ok((await redis.pttl(key)) > RECORD_LIFE_MS - 60_000, key)
  await connecting.ends.note(grant, token('secret-token'))
  const left = await redis.pttl(keys.ending(grant))
  t.ok(left > NOTE_TTL_MS - 60_000 && left <= NOTE_TTL_MS)
  t.notMatch((await redis.getBuffer(keys.ending(grant)))!.toString('latin1'), 'secret-token')
  await redis.copy(keys.ending(grant), keys.grant(grant).record, 'REPLACE')
  t.same((await connecting.list(grant.owner))[0]?.token, 'unreadable', 'a note does not open as a record')
  await redis.set(keys.ending(grant), 'spoiled')
  t.equal(await connecting.ends.noted(grant), 'unreadable')
  await redis.zadd(keys.endings, String(Date.now() - NOTE_TTL_MS - 60_000), JSON.stringify(['old', 'a']))
  t.same(
    (await connecting.ends.unfinished(0)).map(({ owner }) => owner),
    [grant.owner]
  )
  for (let at = 0; at < 120; at++) await connecting.ends.note({ owner: `o${at}`, account: 'a' }, token('a'))
  t.equal((await connecting.ends.unfinished(0)).length, 100, 'not more at once')
  await redis.del(keys.endings)
})

t.test('what cannot be a name is a TypeError', async (t) => {
  for (const one of [connecting, signingIn, open({ storageFor: memoryStorage() })])
    for (const wrong of ['', 'x'.repeat(256), '\ud800']) {
      const grant = { owner: wrong, account: 'a' }
      t.throws(() => one.storageFor(wrong, 'a'), TypeError)
      await t.rejects(
        one.store(grant, () => token('a')),
        TypeError
      )
      await t.rejects(one.list(wrong), TypeError)
      await t.rejects(one.defaultAccount(wrong), TypeError)
      await t.rejects(one.makeDefault(wrong, 'a'), TypeError)
      await t.rejects(one.ends.note(grant, token('a')), TypeError)
      await t.rejects(one.ends.holders(wrong), TypeError)
      await t.rejects(one.ends.begin(wrong, 1), TypeError)
    }
})

/** Runs `meet` at every moment at which two sequences of steps can meet. */
async function meetings(t: Test, steps: number, meet: (at: number[]) => Promise<string | null>): Promise<void> {
  const wrong: string[] = []
  for (let begins = 0; begins <= steps; begins++)
    for (let looks = begins; looks <= steps; looks++)
      for (let reads = looks; reads <= steps; reads++) {
        const problem = await meet([begins, looks, reads])
        if (problem !== null) wrong.push(`${begins} ${looks} ${reads}: ${problem}`)
      }
  t.same(wrong, [])
}

/** Grants whose store has other work done before each of its commands, and after the last one. */
function interrupted(options: Partial<RedisGrantsOptions>, works: Map<number, (() => Promise<void>)[]>) {
  const slow = server.client() as typeof redis & { evalshaBuffer: (...args: unknown[]) => Promise<unknown> }
  const run = slow.evalshaBuffer.bind(slow)
  let sent = 0
  const interrupt = async (): Promise<void> => {
    for (const work of works.get(sent) ?? []) await work()
    sent++
  }
  slow.evalshaBuffer = async (...args) => {
    await interrupt()
    return run(...args)
  }
  return { grants: open({ ...options, redis: slow }), interrupt, close: () => slow.disconnect() }
}

for (const own of [false, true]) {
  const what = own ? 'an own grant' : 'the grant of another account'
  t.test(`a store of ${what} and a revocation: one of the two sees the other, whenever they meet`, async (t) => {
    await meetings(t, own ? 2 : 4, async ([begins, looks, reads]) => {
      const account = unique()
      const grant = { owner: own ? account : unique(), account }
      let owners: { owner: string; version: string }[] = []
      const seen: string[] = []
      const works = new Map<number, (() => Promise<void>)[]>()
      const at = (step: number, work: () => Promise<void>): unknown =>
        works.set(step, [...(works.get(step) ?? []), work])
      at(begins!, async () => {
        await signingIn.ends.begin(account, 60_000)
      })
      at(looks!, async () => void (owners = await signingIn.ends.holders(account)))
      at(reads!, async () => {
        for (const holder of [{ owner: account, version: '' }, ...owners]) {
          if ((await signingIn.storageFor(holder.owner, account).get()) === null)
            await signingIn.ends.letGo(account, holder)
          else seen.push(holder.owner)
        }
      })
      const { grants, interrupt, close } = interrupted({ isOwn }, works)
      const { stored, revokingMs } = await grants.store(grant, () => token('new'))
      await interrupt()
      close()
      const held = (await signingIn.ends.holders(account)).map(({ owner }) => owner)
      if (stored === null) return 'nothing is stored'
      if (seen.length === 0 && revokingMs === null) return 'neither saw the other'
      return own || held.includes(grant.owner) ? null : 'the owner is not among the holders'
    })
  })
}

/** More keys than one step of a listing looks at, on each node. */
const FILLERS = 4_000

async function listsWhatStays(t: Test, client: RedisClient): Promise<void> {
  const grants = open({ redis: client })
  const stay = Array.from({ length: 300 }, (_, at) => `stays-${at}`)
  await Promise.all(stay.map((owner) => grants.storageFor(owner, 'a').put(token('a'))))
  await Promise.all(Array.from({ length: FILLERS }, (_, at) => client.set(`filler:${at}`, '')))
  let goesOn = true
  const comeAndGo = async (name: string): Promise<void> => {
    for (let at = 0; goesOn; at++) {
      const others = Array.from({ length: 40 }, (_, count) => `${name}-${at}-${count}`)
      await Promise.all(others.map((owner) => grants.storageFor(owner, 'b').put(token('b'))))
      await Promise.all(others.slice(20).map((owner) => grants.storageFor(owner, 'b').delete()))
    }
  }
  const others = ['x', 'y'].map(comeAndGo)
  for (let round = 0; round < 10; round++) {
    const seen = new Set((await listed(grants)).map(({ owner }) => owner))
    const missed = stay.filter((owner) => !seen.has(owner))
    t.same(missed, [])
  }
  goesOn = false
  await Promise.all(others)
}

t.test('a grant that exists during the whole listing is listed, in pages', async (t) => {
  await redis.flushall()
  await listsWhatStays(t, redis)
  const sizes: number[] = []
  for await (const page of connecting.pages()) sizes.push(page.length)
  t.ok(sizes.length > 4, `${sizes.length} pages`)
  t.ok(Math.max(...sizes) < 700, 'none is much larger than a step')
  const stop = new AbortController()
  let pages = 0
  for await (const page of connecting.pages(stop.signal)) {
    t.ok(page.length > 0)
    pages++
    stop.abort()
  }
  t.equal(pages, 1, 'stops at the signal')
})

t.test('all masters of a Cluster are listed', async (t) => {
  const cluster = await startCluster()
  t.teardown(() => cluster.stop())
  await listsWhatStays(t, cluster.client())
  const fresh = (await listed(open({ redis: cluster.client() }))).map(({ owner }) => owner)
  t.equal(new Set(fresh.filter((owner) => owner.startsWith('stays-'))).size, 300, 'also before a client has connected')
})
