import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Token } from '../../../src/core/token/token.js'
import { SingleFlight, SingleFlights } from '../../../src/core/lib/single-flight.js'

const token = (accessToken: string): Token => Token.from({ accessToken, scopes: [] })

/** Work that counts how often, and how many at a time, it runs. */
function counted(give: () => Token | null = () => token('new'), tookMs = 10) {
  const counts = { runs: 0, inside: 0, most: 0 }
  const work = async (): Promise<Token | null> => {
    counts.runs++
    counts.most = Math.max(counts.most, ++counts.inside)
    await sleep(tookMs)
    counts.inside--
    return give()
  }
  return { counts, work }
}

t.test('waiters for whom the outcome will do share it', async (t) => {
  const flight = new SingleFlight<Token | null>()
  const { counts, work } = counted()
  const until = (held: Token | null): boolean => held?.accessToken === 'new'
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => flight.run(work, { until })))
  t.ok(outcomes.every((outcome) => outcome?.accessToken === 'new'))
  t.strictSame(counts, { runs: 1, inside: 0, most: 1 })
})

t.test('those for whom it will not do take turns, one at a time', async (t) => {
  const flight = new SingleFlight<Token | null>()
  const { counts, work } = counted(undefined, 1)
  const until = (): boolean => false
  await Promise.all(Array.from({ length: 20 }, (_, i) => flight.run(work, i % 2 ? { until } : {})))
  t.strictSame(counts, { runs: 20, inside: 0, most: 1 })
})

t.test('a failure reaches those who wait for it, and is forgotten', async (t) => {
  const flight = new SingleFlight<Token | null>()
  const { counts, work } = counted(() => {
    throw new Error('down')
  })
  const until = (): boolean => true
  const all = await Promise.allSettled([1, 2, 3].map(() => flight.run(work, { until })))
  t.ok(all.every((each) => each.status === 'rejected' && each.reason.message === 'down'))
  t.equal(counts.runs, 1)
  t.equal((await flight.run(counted().work))?.accessToken, 'new')
})

t.test('without until, a failure of other work is not shared', async (t) => {
  const flight = new SingleFlight<Token | null>()
  const failing = flight.run(async () => {
    await sleep(5)
    throw new Error('theirs')
  })
  const mine = flight.run(counted().work)
  await t.rejects(failing, { message: 'theirs' })
  t.equal((await mine)?.accessToken, 'new')
})

t.test('without waiting: at once, and nothing is run', async (t) => {
  const flight = new SingleFlight<Token | null>()
  const first = counted()
  const running = flight.run(first.work)
  const second = counted()
  t.equal(await flight.run(second.work, { wait: false }), undefined)
  t.equal(second.counts.runs, 0)
  await running
  await flight.run(second.work, { wait: false })
  t.equal(second.counts.runs, 1, 'unless no work is running')
})
t.test('work of one name runs one after another, work of other names at once', async (t) => {
  const flights = new SingleFlights<Token | null>()
  const order: string[] = []
  const take = (name: string, what: string): Promise<unknown> =>
    flights.run(name, async () => {
      order.push(`${what} begins`)
      await sleep(10)
      order.push(`${what} ends`)
      return null
    })
  await Promise.all([take('ann', 'first'), take('ann', 'second'), take('bob', 'other')])
  t.same(order, ['first begins', 'other begins', 'first ends', 'second begins', 'other ends', 'second ends'])
})

t.test('nothing is kept of work that is over, however they ended', async (t) => {
  const flights = new SingleFlights<Token | null>()
  const work = Array.from({ length: 500 }, (_, index) =>
    flights.run(
      `user-${index % 100}`,
      async () => {
        await sleep(1)
        if (index % 3 === 0) throw new Error('no')
        return token('a')
      },
      index % 2 ? {} : { until: () => true }
    )
  )
  t.equal(flights.size, 100)
  t.equal(await flights.run('user-1', async () => null, { wait: false }), undefined)
  await Promise.allSettled(work)
  t.equal(flights.size, 0)
})
