import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Token } from '../../../src/core/token/token.js'
import { Turn } from '../../../src/core/lib/single-flight.js'

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
  const turn = new Turn()
  const { counts, work } = counted()
  const until = (held: Token | null): boolean => held?.accessToken === 'new'
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => turn.take(work, { until })))
  t.ok(outcomes.every((outcome) => outcome?.accessToken === 'new'))
  t.strictSame(counts, { runs: 1, inside: 0, most: 1 })
  t.equal(turn.idle, true)
})

t.test('those for whom it will not do take turns, one at a time', async (t) => {
  const turn = new Turn()
  const { counts, work } = counted(undefined, 1)
  const until = (): boolean => false
  await Promise.all(Array.from({ length: 20 }, (_, i) => turn.take(work, i % 2 ? { until } : {})))
  t.strictSame(counts, { runs: 20, inside: 0, most: 1 })
})

t.test('a failure reaches those who wait for it, and is forgotten', async (t) => {
  const turn = new Turn()
  const { counts, work } = counted(() => {
    throw new Error('down')
  })
  const until = (): boolean => true
  const all = await Promise.allSettled([1, 2, 3].map(() => turn.take(work, { until })))
  t.ok(all.every((each) => each.status === 'rejected' && each.reason.message === 'down'))
  t.equal(counts.runs, 1)
  t.equal(turn.idle, true)
  t.equal((await turn.take(counted().work))?.accessToken, 'new')
})

t.test('a failure of somebody else’s own work is not mine', async (t) => {
  const turn = new Turn()
  const failing = turn.take(async () => {
    await sleep(5)
    throw new Error('his')
  })
  const mine = turn.take(counted().work)
  await t.rejects(failing, { message: 'his' })
  t.equal((await mine)?.accessToken, 'new')
})

t.test('without waiting: at once, and nothing is run', async (t) => {
  const turn = new Turn()
  const first = counted()
  const running = turn.take(first.work)
  t.equal(turn.idle, false)
  const second = counted()
  t.equal(await turn.take(second.work, { wait: false }), undefined)
  t.equal(second.counts.runs, 0)
  await running
  await turn.take(second.work, { wait: false })
  t.equal(second.counts.runs, 1, 'unless nobody is at it')
})
