import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Storage } from '../../src/core/storage/storage.js'
import { Token, type TokenRecord } from '../../src/core/token/token.js'

/** A new, empty slot, used by two storages that share no state (like two processes, if the storage is shared). */
export interface SlotUnderTest {
  one: Storage
  other: Storage
}

/** The promises of every storage. `freshSlot` returns another slot at every call. */
export function storageContract(t: Test, freshSlot: () => Promise<SlotUnderTest> | SlotUnderTest): void {
  t.test('keeps one whole token', async (t) => {
    const { one, other } = await freshSlot()
    t.equal(await one.get(), null)
    await one.delete()
    const whole: TokenRecord = {
      accessToken: 'ya29.käse/ß-☃',
      refreshToken: '1//0g',
      expiresAt: 1_764_000_000_123,
      scopes: ['openid', 'https://www.googleapis.com/auth/calendar.events'],
      idToken: `eyJ.${'x'.repeat(2_000)}.sig`,
      refreshTokenExpiresAt: 1_765_000_000_000,
      grantedAt: 1_763_000_000_000,
      connectedAt: 1_762_000_000_000,
      profile: { email: 'ada@example.com', name: 'Ada', hostedDomain: 'example.com' },
      refreshedAt: 1_763_900_000_000,
      lost: { reason: 'invalid_grant', likelyCause: 'revoked', at: 1_764_000_000_000 }
    }
    await one.put(Token.from(whole))
    t.same((await other.get())?.toRecord(), whole)
    await other.put(token('second'))
    t.same((await one.get())?.toRecord(), token('second').toRecord(), 'absent fields stay absent')
    await one.delete()
    t.equal(await other.get(), null)
  })

  t.test('update stores and returns the result of the change', async (t) => {
    const { one, other } = await freshSlot()
    t.equal((await one.update((current) => current ?? token('a')))?.accessToken, 'a')
    t.equal((await other.update((current) => token(`${current?.accessToken}b`)))?.accessToken, 'ab')
    t.equal((await one.update((current) => current))?.accessToken, 'ab', 'what was given leaves it as it is')
    t.equal((await one.get())?.accessToken, 'ab')
    t.equal(await other.update(() => null), null)
    t.equal(await one.get(), null, 'null deletes')
  })

  t.test('200 updates at once run one after another, and none is lost', async (t) => {
    const { one, other } = await freshSlot()
    let inside = 0
    let most = 0
    const add = async (current: Token | null): Promise<Token> => {
      most = Math.max(most, ++inside)
      await sleep(Math.random() * 2)
      inside--
      return token(String(Number(current?.accessToken ?? 0) + 1))
    }
    await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 ? one : other).update(add)))
    t.equal(most, 1, 'never two at a time')
    t.equal((await one.get())?.accessToken, '200')
  })

  t.test('200 callers that accept the same result share one change', async (t) => {
    const { one, other } = await freshSlot()
    await one.put(token('old'))
    let changes = 0
    const isNew = (current: Token | null): boolean => current?.accessToken === 'new'
    const change = async (current: Token | null): Promise<Token | null> => {
      if (isNew(current)) return current
      changes++
      await sleep(60)
      return token('new')
    }
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => (index % 2 ? one : other).update(change, { until: isNew }))
    )
    t.equal(changes, 1)
    t.ok(results.every(isNew))
  })

  t.test('wait: false does nothing while another caller is at work', async (t) => {
    const { one, other } = await freshSlot()
    await one.put(token('old'))
    const { running, finish } = await started(one, token('new'))
    const refuse = (): never => {
      throw new Error('must not run')
    }
    t.equal((await one.update(refuse, { wait: false }))?.accessToken, 'old')
    t.equal((await other.update(refuse, { wait: false }))?.accessToken, 'old')
    finish()
    t.equal((await running)?.accessToken, 'new')
    t.equal(
      (await other.update(() => token('newer'), { wait: false }))?.accessToken,
      'newer',
      'and runs when it is free'
    )
  })

  t.test('a failure reaches all waiters, and is not kept', async (t) => {
    const { one, other } = await freshSlot()
    await one.put(token('old'))
    let changes = 0
    const fail = async (): Promise<Token> => {
      changes++
      await sleep(30)
      throw new Error('provider is down')
    }
    const options = { until: (current: Token | null) => current?.accessToken === 'new' }
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => one.update(fail, options)))
    t.equal(changes, 1)
    t.ok(outcomes.every(({ status }) => status === 'rejected'))
    t.match((outcomes.at(-1) as PromiseRejectedResult).reason, { message: 'provider is down' })
    t.equal((await one.get())?.accessToken, 'old', 'nothing is dropped')
    const before = Date.now()
    t.equal((await other.update(() => token('new')))?.accessToken, 'new')
    t.equal((await one.update((current) => current))?.accessToken, 'new')
    t.ok(Date.now() - before < 1_000, 'and no caller waits for the one that failed')
  })

  t.test('a write during a change stays, and the result of the change is dropped', async (t) => {
    for (const [name, write, expected] of [
      ['put', (slot: Storage) => slot.put(token('signed in anew')), 'signed in anew'],
      ['delete', (slot: Storage) => slot.delete(), undefined],
      [
        'delete and the same token again',
        async (slot: Storage) => {
          await slot.delete()
          await slot.put(token('old'))
        },
        'old'
      ]
    ] as const) {
      for (const by of ['one', 'other'] as const) {
        const slot = await freshSlot()
        await slot.one.put(token('old'))
        const { running, finish } = await started(slot.one, token('refreshed'))
        await write(slot[by])
        finish()
        t.equal((await running)?.accessToken, expected, `${name} by ${by}: update returns what is stored`)
        t.equal((await slot.one.get())?.accessToken, expected, `${name} by ${by}`)
        t.equal((await slot.other.update(() => token('next')))?.accessToken, 'next', 'the slot works on')
      }
    }
  })

  t.test('a deletion during a change stays, also of an empty slot', async (t) => {
    const slot = await freshSlot()
    for (const write of [
      () => slot.other.delete(),
      async () => {
        await slot.other.put(token('x'))
        await slot.other.delete()
      }
    ]) {
      const { running, finish } = await started(slot.one, token('sign-in'))
      await write()
      finish()
      t.equal(await running, null)
      t.equal(await slot.one.get(), null)
    }
  })

  t.test('a change that deletes or keeps does not undo a deletion', async (t) => {
    const slot = await freshSlot()
    await slot.one.put(token('old'))
    const { running, finish } = await started(slot.one, null)
    await slot.other.put(token('signed in anew'))
    finish()
    t.equal((await running)?.accessToken, 'signed in anew', 'a late null deletes nothing newer')
  })

  t.test('after many puts at once, one of the tokens is stored', async (t) => {
    const { one, other } = await freshSlot()
    const names = Array.from({ length: 40 }, (_, index) => `put-${index}`)
    await Promise.all(names.map((name, index) => (index % 2 ? one : other).put(token(name))))
    t.ok(names.includes((await one.get())?.accessToken ?? ''))
    t.same((await one.get())?.toRecord(), (await other.get())?.toRecord())
  })
}

/** A token with only this access token and a refresh token. */
export function token(accessToken: string): Token {
  return Token.from({ accessToken, refreshToken: `refresh-${accessToken}`, scopes: ['openid'] })
}

/** An update whose change runs until `finish()`. */
export async function started(
  storage: Storage,
  result: Token | null
): Promise<{ running: Promise<Token | null>; finish: () => void }> {
  const inside = signal()
  const finished = signal()
  const running = storage.update(async () => {
    inside.give()
    await finished.given
    return result
  })
  await Promise.race([inside.given, running])
  return { running, finish: finished.give }
}

function signal(): { given: Promise<void>; give: () => void } {
  let give = (): void => {}
  const given = new Promise<void>((resolve) => (give = resolve))
  return { given, give: () => give() }
}
