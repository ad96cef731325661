import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import t from 'tap'
import { GrantLostError } from '../../../src/core/errors/grant.js'
import { channelOf, traced, type Facts } from '../../../src/core/lib/traced.js'

interface TestFacts extends Facts {
  size?: number
}

const learn = (facts: TestFacts, result: string): void => {
  facts.outcome = 'done'
  facts.size = result.length
}

t.test('what the result tells is published, and not the result', async (t) => {
  const channel = channelOf<TestFacts>('test-result')
  t.equal(channel.start.name, 'tracing:fastify-google-auth:test-result:start')
  const seen: unknown[] = []
  const see = (moment: string) => (facts: TestFacts) => seen.push([moment, { ...facts }])
  channel.subscribe({
    start: see('start'),
    end: see('end'),
    asyncStart: see('asyncStart'),
    asyncEnd: see('asyncEnd'),
    error: see('error')
  })
  t.equal(await traced(channel, {}, async () => 'a secret', learn), 'a secret')
  const known = { outcome: 'done', size: 8 }
  t.same(seen, [
    ['start', {}],
    ['end', {}],
    ['asyncStart', known],
    ['asyncEnd', known]
  ])
})

t.test('of an error a copy without secrets is published', async (t) => {
  const channel = channelOf('test-error')
  const seen: Facts[] = []
  subscribe(channel.error.name, (facts) => seen.push({ ...(facts as Facts) }))
  const failing = (error: unknown): Promise<never> =>
    traced(
      channel,
      {},
      async () => Promise.reject(error as Error),
      () => {}
    )
  const foreign = Object.assign(new Error('token ya29.secret'), { reason: 'ya29.secret', body: 'ya29.secret' })
  await t.rejects(failing(foreign), foreign, 'the caller gets the error itself')
  await t.rejects(failing(new GrantLostError('invalid_grant', 'revoked')))
  await t.rejects(failing(null))
  t.match(seen, [
    { outcome: 'failed', error: { name: 'Error' } },
    { outcome: 'failed', reason: 'invalid_grant', error: { name: 'GrantLostError', code: 'GOOGLE_AUTH_GRANT_LOST' } },
    { outcome: 'failed', error: Error }
  ])
  for (const { error } of seen) t.notMatch(`${error?.message} ${error?.stack} ${JSON.stringify(error)}`, 'ya29.secret')
  t.notOk('reason' in seen[0]!)
})

t.test('an outcome that the work has set stays', async (t) => {
  const channel = channelOf('test-outcome')
  const seen: unknown[] = []
  subscribe(channel.asyncEnd.name, (facts) => seen.push((facts as Facts).outcome))
  const facts: Facts = {}
  const work = async (): Promise<never> => {
    facts.outcome = 'lost'
    throw new Error()
  }
  await t.rejects(traced(channel, facts, work, () => {}))
  t.same(seen, ['lost'])
})

t.test('a store that is bound to the start lasts as long as the work', async (t) => {
  const channel = channelOf<TestFacts>('test-store')
  const store = new AsyncLocalStorage<TestFacts>()
  channel.start.bindStore(store)
  const facts = {}
  const inside = await traced(
    channel,
    facts,
    async () => Promise.resolve(store.getStore()),
    () => {}
  )
  t.equal(inside, facts)
  t.equal(store.getStore(), undefined)
})
