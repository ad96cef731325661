/** docs/recipes/retries-and-quotas.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/retries-and-quotas.js'
import { ADA, startGoogle } from '../support/app.js'
import { answerGoogleApis, runProgram } from './program.js'

const limited = (reason: string, times: number) => ({
  status: 403,
  times,
  body: { error: { code: 403, message: 'Too fast', errors: [{ domain: 'usageLimits', reason, message: 'Too fast' }] } }
})
const headers = { 'content-type': 'application/json' }

t.test('what passes is tried again, and what stays is not', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  google.calendar(ADA.sub).clear()
  const { browser } = await runProgram(t, google, (options) => buildApp(options, 1))
  const ada = browser()
  await ada.visit(google, '/events', ADA)
  const asks = async (path = '/events') => {
    google.resetCounts()
    const { status } = await ada.fetch(path)
    return { status, calls: google.count('api') }
  }
  google.failNext('api', limited('userRateLimitExceeded', 3))
  t.same(await asks(), { status: 200, calls: 4 }, 'a limit that passes')
  google.failNext('api', { status: 503, headers: { 'retry-after': '0' }, times: 2 })
  t.same(await asks(), { status: 200, calls: 3 }, 'trouble that passes')
  let end = google.failNext('api', limited('rateLimitExceeded', 100))
  t.same(await asks(), { status: 502, calls: 5 }, 'a limit that stays')
  end()
  end = google.failNext('api', limited('accessNotConfigured', 100))
  t.same(await asks(), { status: 502, calls: 1 }, 'a 403 of another kind is not tried again')
  end()
  end = google.failNext('api', { status: 429, headers: { 'retry-after': '3600' }, times: 100 })
  t.same(await asks(), { status: 503, calls: 1 }, 'an hour is not waited for')
  end()
})

t.test('a POST that got lost makes one event', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  const { browser } = await runProgram(t, google, (options) => buildApp(options, 1))
  const ada = browser()
  await ada.visit(google, '/events', ADA)
  google.calendar(ADA.sub).clear()
  const [start, end] = ['2099-01-01T12:00:00Z', '2099-01-01T13:00:00Z']
  google.failNext('api', {
    status: 503,
    headers: { 'retry-after': '0' },
    afterEffect: true,
    when: ({ method }) => method === 'POST'
  })
  const body = JSON.stringify({ id: 'lunch2099', summary: 'Lunch', start, end })
  t.same((await ada.fetch('/events', { method: 'POST', headers, body })).json(), { created: false })
  t.match(google.calendar(ADA.sub).events, [{ id: 'lunch2099' }])
  t.equal(google.calendar(ADA.sub).events.length, 1)
})
