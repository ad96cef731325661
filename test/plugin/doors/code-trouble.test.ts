/** `POST /auth/code` while Google is in trouble. */
import t from 'tap'
import { ADA, startApp, startGoogle } from '../../support/app.js'
import type { Browser, Reply } from '../../support/jar.js'
import { eventually } from '../../support/redis.js'

const options = { codes: { mobile: true } }

function fromPhone(browser: Browser, code: string): Promise<Reply> {
  const body = JSON.stringify({ code, from: 'mobile' })
  return browser.send('/auth/code', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

t.test('after passing trouble the same code can be sent again', async (t) => {
  const google = await startGoogle(t)
  const { browser } = await startApp(t, google, { options })
  const code = google.code(ADA.sub, { from: 'mobile' })
  const undo = google.failNext('token', { status: 503, times: 9 })
  const failed = await fromPhone(browser(), code)
  t.equal(failed.status, 503)
  t.ok(failed.headers['retry-after'])
  undo()
  t.match((await fromPhone(browser(), code)).json(), { user: { sub: ADA.sub } })
  const again = await fromPhone(browser(), code)
  t.equal(again.status, 400)
  t.match(again.json(), { reason: 'used', message: /used before/ })
})

t.test('made-up codes do not crowd out the sign-ins of browsers', async (t) => {
  const google = await startGoogle(t)
  const { browser, signedIn } = await startApp(t, google, { options })
  const undo = google.failNext('token', { hang: true, times: 300 })
  const posts = Array.from({ length: 260 }, (_, at) => fromPhone(browser(), `4/made-up-${at}`))
  await eventually(() => google.count('token') === 100)
  undo()
  t.equal((await (await signedIn()).fetch('/me')).status, 200)
  for (const { status } of await Promise.all(posts)) t.equal(status, 503)
})
