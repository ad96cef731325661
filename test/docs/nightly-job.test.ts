/** docs/recipes/nightly-job.md */
import t from 'tap'
import { buildApp } from '../../docs/examples/revoked-access.js'
import { buildJob, nightly } from '../../docs/examples/nightly-job.js'
import { ADA, GRACE, KATHERINE, SECRET, startGoogle, startRedisFor } from '../support/app.js'
import { eventually } from '../support/redis.js'
import { answerGoogleApis, runProgram } from './program.js'

t.test('a job of its own process reaches all users once', async (t) => {
  const [google, { url: redis }] = await Promise.all([startGoogle(t), startRedisFor(t)])
  answerGoogleApis(t, google.apiOrigin)
  const { browser, signedIn } = await runProgram(t, google, (options) => buildApp(options, () => undefined), { redis })
  for (const user of [ADA, GRACE]) await browser().visit(google, '/events', user)
  await signedIn(KATHERINE) // without the calendar
  google.revokeGrant(GRACE.sub)
  google.calendar(ADA.sub).clear()
  const [start, end] = [3, 4].map((hour) => ({ dateTime: new Date(Date.now() + hour * 3_600_000).toISOString() }))
  google.calendar(ADA.sub).insert({ summary: 'Lunch', start: start!, end: end! })

  const { clientSecrets, issuer } = google
  const redirectUri = clientSecrets.web.redirect_uris.at(-1)!
  const job = await buildJob({ clientSecrets, issuer, redirectUri, secret: SECRET, redis })
  t.teardown(() => job.close())
  const mails: [string, string][] = []
  const seen = new Set<string>()
  const done = { first: async (key: string) => !seen.has(key) && seen.add(key).has(key) }
  const run = (signal?: AbortSignal) =>
    nightly(job, done, async (owner, text) => void mails.push([owner, text]), signal)
  t.same(await run(), { sent: 1, skipped: 1, lost: 1, failed: 0, refreshed: 0, stopped: false })
  t.same(mails, [[ADA.sub, '1 events in the next 24 hours']])
  t.same(
    await run(),
    { sent: 0, skipped: 3, lost: 0, failed: 0, refreshed: 0, stopped: false },
    'a second run of the same night'
  )
  t.equal(mails.length, 1)
  seen.clear()
  const nothing = { sent: 0, skipped: 0, lost: 0, failed: 0, refreshed: 0, stopped: true }
  t.same(await run(AbortSignal.abort()), nothing, 'stopped before it began')
  google.failNext('api', { hang: true })
  const [stop, calls] = [new AbortController(), google.count('api')]
  const running = run(stop.signal)
  await eventually(() => google.count('api') > calls)
  stop.abort()
  t.match(await running, { sent: 0, failed: 0, refreshed: 0, stopped: true }, 'stopped in the middle of a call')
})
