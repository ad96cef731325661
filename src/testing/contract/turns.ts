import { strict as assert } from 'node:assert'
import { setTimeout as pause } from 'node:timers/promises'
import type { Token } from '../../core/token/token.js'
import { aboutSlot, assertHolds, inTime, token, underWay, type StoragePromise } from './promise.js'

/** Callers at once: enough to meet in a storage that lets them. */
const CALLERS = 40

export const turns: readonly StoragePromise[] = [
  aboutSlot('updates at once run one after another, and none is lost', async ({ one, other }) => {
    let [inside, most] = [0, 0]
    const add = async (current: Token | null): Promise<Token> => {
      most = Math.max(most, ++inside)
      await pause(Math.random() * 2)
      inside--
      return token(String(Number(current?.accessToken ?? 0) + 1))
    }
    const updates = Array.from({ length: CALLERS }, (_, index) => (index % 2 === 0 ? one : other).update(add))
    await Promise.all(updates)
    assert.equal(most, 1, `${most} changes ran at once: two processes would refresh one token, and lose one`)
    await assertHolds(one, String(CALLERS), 'each update must build on the one before')
  }),

  aboutSlot('a waiter whose condition holds by then takes what is stored', async ({ one, other }) => {
    await one.put(token('old'))
    const isNew = (current: Token | null): boolean => current?.accessToken === 'new'
    let refreshes = 0
    const refresh = async (current: Token | null): Promise<Token | null> => {
      if (isNew(current)) return current
      refreshes++
      await pause(20)
      return token('new')
    }
    const updates = Array.from({ length: CALLERS }, (_, index) =>
      (index % 2 === 0 ? one : other).update(refresh, { until: isNew })
    )
    const results = await Promise.all(updates)
    assert.equal(refreshes, 1, 'one refresh must do for all who wait for it')
    assert.ok(results.every(isNew), 'everybody must get the new token')
  }),

  aboutSlot('update with wait: false does not wait for another', async ({ one, other }) => {
    await one.put(token('old'))
    const { finish } = await underWay(one)
    let ran = false
    const impatient = other.update(
      () => {
        ran = true
        return token('impatient')
      },
      { wait: false }
    )
    const message = 'update() with wait: false must return what is stored while another caller changes the slot'
    const result = await inTime(impatient, message, () => void finish(token('new')).catch(() => undefined))
    assert.equal(result?.accessToken, 'old', message)
    assert.equal(ran, false, 'its change must not run while another caller changes the slot')
    assert.equal((await finish(token('new')))?.accessToken, 'new', 'the other caller must go on')
    await assertHolds(other, 'new', 'the result of the other caller must be stored')
  }),

  aboutSlot('update with wait: false changes a slot that is free', async ({ one, other }) => {
    await one.put(token('old'))
    const result = await other.update(() => token('new'), { wait: false })
    assert.equal(result?.accessToken, 'new')
    await assertHolds(one, 'new', 'it must store what its change gives')
  })
]
