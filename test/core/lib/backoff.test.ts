import t from 'tap'
import { growingPauseMs, pauseMs, retried } from '../../../src/core/lib/backoff.js'
import { caught } from '../../support/caught.js'

t.test('pauses grow, vary, and are no shorter than asked', async (t) => {
  for (let tried = 0; tried < 6; tried++) {
    for (const pause of [growingPauseMs(tried, 100), growingPauseMs(tried, 100)])
      t.ok(pause >= 50 * 2 ** tried && pause <= 150 * 2 ** tried)
  }
  t.not(growingPauseMs(0), growingPauseMs(0))
  t.equal(pauseMs(0, '7'), 7_000)
  t.equal(pauseMs(0, 'Sun, 01 Nov 2026 00:00:30 GMT', Date.parse('2026-11-01T00:00:00Z')), 30_000)
  t.ok(pauseMs(0, 'soon')! <= 750)
  t.ok(pauseMs(0, undefined)! >= 250)
  t.equal(pauseMs(0, '61'), null)
  t.equal(pauseMs(9, null), null)
})

t.test('tried again while there is a pause, after results and after errors', async (t) => {
  const outcomes = [new Error('first'), 'second', new Error('third'), 'fourth']
  const seen: [unknown, number][] = []
  const once = async (): Promise<unknown> => {
    const next = outcomes.shift()
    if (next instanceof Error) throw next
    return next
  }
  const until = (last: number) => (outcome: PromiseSettledResult<unknown>, tried: number) => {
    seen.push([outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message, tried])
    return tried < last ? 1 : null
  }
  t.equal(await retried(once, until(1)), 'second')
  t.match(await caught(retried(once, until(0))), { message: 'third' })
  t.strictSame(seen, [
    ['first', 0],
    ['second', 1],
    ['third', 0]
  ])
  const other = new Error('in its place')
  const failing = retried(once, () => {
    throw other
  })
  t.equal(await caught(failing), other)
})

t.test('a pause ends with the reason of the signal', async (t) => {
  const reason = new Error('enough')
  const aborting = new AbortController()
  let tries = 0
  const once = async (): Promise<number> => ++tries
  const waiting = retried(once, () => 60_000, aborting.signal)
  setImmediate(() => aborting.abort(reason))
  t.equal(await caught(waiting), reason)
  t.equal(await caught(retried(once, () => 60_000, aborting.signal)), reason)
  t.equal(tries, 2)
})
