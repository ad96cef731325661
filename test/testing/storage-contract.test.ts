/** Our own storages keep the contract, and each flaw that a storage can have is found. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FileStorage, memoryStorage, Token, type Change, type Storage, type StorageFor } from '../../src/core.js'
import { createSealer, PURPOSE } from '../../src/core/lib/sealing.js'
import { redisGrants } from '../../src/redis/grants.js'
import { redisKeys } from '../../src/redis/keys.js'
import { storageContract } from '../../src/testing.js'
import { startRedis } from '../support/redis.js'
import { clientNames } from '../support/user-storages.js'

async function keeps(t: Test, makeStorage: StorageFor): Promise<void> {
  for (const { name, run } of storageContract(makeStorage)) await t.resolves(run(), name)
}

/** One storage and another in turn, as if of two processes. */
function inTurn(one: StorageFor, other: StorageFor): StorageFor {
  let calls = 0
  return (...names) => (calls++ % 2 === 0 ? one : other)(...names)
}

t.test('memory keeps it', (t) => keeps(t, memoryStorage()))

t.test('files keep it', async (t) => {
  const folder = t.testdir({})
  await keeps(t, (...names) => {
    const name = createHash('sha256').update(JSON.stringify(names)).digest('hex')
    return new FileStorage(join(folder, `${name}.json`))
  })
})

t.test('Redis keeps it', async (t) => {
  const server = await startRedis()
  t.teardown(() => server.stop())
  const client = clientNames('client-1')
  const open = (): StorageFor =>
    redisGrants({
      redis: server.client(),
      sealer: createSealer(['secret-of-at-least-32-characters-01'])(PURPOSE.credentials),
      client,
      keys: redisKeys(client),
      isOwn: ({ owner, account }) => owner === account
    }).storageFor
  await keeps(t, inTurn(open(), open()))
})

/** What a storage does with its records. A flaw replaces one part. */
interface Parts {
  keyOf: (owner: string, account: string) => string
  kept: (token: Token) => Token
  /** Another one after each write. */
  generationAfter: (generation: number, deleted: boolean) => number
  isVoid: (seen: number, now: number) => boolean
  takesTurns: boolean
  obeysWait: boolean
  returnsStored: boolean
  keepsWhenFailed: boolean
  oneLock: boolean
}

const SOUND: Parts = {
  keyOf: (owner, account) => JSON.stringify([owner, account]),
  kept: (token) => token,
  generationAfter: (generation) => generation + 1,
  isVoid: (seen, now) => seen !== now,
  takesTurns: true,
  obeysWait: true,
  returnsStored: true,
  keepsWhenFailed: true,
  oneLock: false
}

/** A storage as somebody might write it, in a map and with a lock. */
function storageOf(flaw: Partial<Parts> = {}): StorageFor {
  const parts = { ...SOUND, ...flaw }
  const slots = new Map<string, { token: Token | null; generation: number }>()
  const locks = new Map<string, Promise<unknown>>()
  return (owner, account): Storage => {
    const key = parts.keyOf(owner, account)
    const lock = parts.oneLock ? 'one' : key
    const read = () => slots.get(key) ?? { token: null, generation: 0 }
    const write = (token: Token | null): void => {
      const generation = parts.generationAfter(read().generation, token === null)
      slots.set(key, { token: token && parts.kept(token), generation })
    }
    const changed = async (change: Change): Promise<Token | null> => {
      const seen = read()
      let next: Token | null
      try {
        next = await change(seen.token)
      } catch (error) {
        if (!parts.keepsWhenFailed) write(null)
        throw error
      }
      if (next !== seen.token && !parts.isVoid(seen.generation, read().generation)) write(next)
      return parts.returnsStored ? read().token : next
    }
    return {
      get: async () => read().token,
      put: async (token) => write(token),
      delete: async () => write(null),
      async update(change, { wait = true, until } = {}) {
        if (!parts.takesTurns) return changed(change)
        for (let first = true; locks.has(lock); first = false) {
          if (!wait && parts.obeysWait) return read().token
          await locks.get(lock)?.catch(() => undefined)
          if (!first) await new Promise(setImmediate)
          if (until?.(read().token)) return read().token
        }
        const work = changed(change)
        locks.set(lock, work)
        const free = (): unknown => locks.delete(lock)
        return work.finally(free)
      }
    }
  }
}

t.test('a storage of another hand keeps it', (t) => keeps(t, storageOf()))

const without = (field: string) => (token: Token) => {
  const { [field]: _, ...record } = token.toRecord() as unknown as Record<string, unknown>
  return Token.from({ accessToken: '', scopes: [], ...record })
}

/** The flaws, and the promise that each breaks at least. */
const FLAWS: Record<string, [flaw: Partial<Parts>, broken: RegExp]> = {
  'changes run at once': [{ takesTurns: false }, /one after another/],
  'a late result is written over all': [{ isVoid: () => false }, /a change is void after: put$/],
  'a late result is written over a deletion': [
    { generationAfter: (generation, deleted) => (deleted ? generation : generation + 1) },
    /a change is void after: delete$/
  ],
  'generations begin again after a deletion': [
    { generationAfter: (generation, deleted) => (deleted ? 0 : generation + 1) },
    /delete, and put of another token/
  ],
  'wait: false is ignored': [{ obeysWait: false }, /wait: false does not wait/],
  'owners are mixed up': [{ keyOf: (_, account) => account }, /two owners of one account/],
  'accounts are mixed up': [{ keyOf: (owner) => owner }, /two accounts of one owner/],
  'names are joined by a colon': [{ keyOf: (...names) => names.join(':') }, /names with ":" in them/],
  'names are joined by nothing': [{ keyOf: (...names) => names.join('') }, /ends where an account begins/],
  'names are compared in lower case': [{ keyOf: (...names) => JSON.stringify(names).toLowerCase() }, /in capitals/],
  'update returns what the change gave': [{ returnsStored: false }, /a change is void after: put$/],
  'a failed change empties the slot': [{ keepsWhenFailed: false }, /fails stores nothing/],
  'one lock for all': [{ oneLock: true }, /holds up no other/],
  ...Object.fromEntries(
    [
      ...['refreshToken', 'expiresAt', 'scopes', 'idToken', 'refreshTokenExpiresAt', 'grantedAt', 'connectedAt'],
      ...['profile', 'refreshedAt', 'consentAskedAt', 'lost']
    ].map((field) => [`${field} is lost`, [{ kept: without(field) }, new RegExp(`keeps ${field} of`)]])
  )
}

for (const [name, [flaw, broken]] of Object.entries(FLAWS)) {
  t.test(`found: ${name}`, async (t) => {
    const failed: string[] = []
    for (const check of storageContract(storageOf(flaw))) {
      await check.run().catch((error: unknown) => {
        t.match(error, { name: 'AssertionError' }, `${check.name} says what is wrong`)
        failed.push(check.name)
      })
    }
    t.ok(
      failed.some((check) => broken.test(check)),
      failed.join('\n')
    )
  })
}

t.test('another argument is refused', async (t) => {
  t.throws(() => storageContract(new FileStorage('x') as never), { name: 'TypeError', message: /\(owner, account\)/ })
})
