import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../../../src/core/lib/single-flights.js'
import { token } from '../../support/storage-contract.js'

t.test('turns of one name are taken one after another, of others at once', async (t) => {
  const turns = new Turns()
  const order: string[] = []
  const take = (name: string, what: string): Promise<unknown> =>
    turns.take(name, async () => {
      order.push(`${what} begins`)
      await sleep(10)
      order.push(`${what} ends`)
      return null
    })
  await Promise.all([take('ann', 'first'), take('ann', 'second'), take('bob', 'other')])
  t.same(order, ['first begins', 'other begins', 'first ends', 'second begins', 'other ends', 'second ends'])
})

t.test('nothing is kept of turns that are over, however they ended', async (t) => {
  const turns = new Turns()
  const work = Array.from({ length: 500 }, (_, index) =>
    turns.take(
      `user-${index % 100}`,
      async () => {
        await sleep(1)
        if (index % 3 === 0) throw new Error('no')
        return token('a')
      },
      index % 2 ? {} : { until: () => true }
    )
  )
  t.equal(turns.size, 100)
  t.equal(await turns.take('user-1', async () => null, { wait: false }), undefined)
  await Promise.allSettled(work)
  t.equal(turns.size, 0)
})
