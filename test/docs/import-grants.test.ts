/** docs/recipes/import-grants.md */
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { importAll, type LinkedAccount } from '../../docs/examples/import-grants.js'
import { ADA, CALENDAR, GRACE, optionsFor, startGoogle, startRedisFor } from '../support/app.js'
import { runProgram } from './program.js'
import { buildApp } from '../../docs/examples/api-without-a-client.js'
import { answerGoogleApis } from './program.js'

const ROWS = 10_000

t.test('10,000 rows, twice', async (t) => {
  const [google, { url: redis }] = await Promise.all([startGoogle(t), startRedisFor(t)])
  const app = Fastify()
  t.teardown(() => app.close())
  const redirectUri = 'http://localhost:3000/auth/return'
  await app.register(googleAuth, { ...optionsFor(google, redirectUri), redis, owner: () => null })
  const rows = function* (): Generator<LinkedAccount> {
    for (let row = 0; row < ROWS; row++) {
      const [user, account] = [Math.floor(row / 2), String(row)]
      yield {
        owner: `user ${user}`,
        account,
        refreshToken: row % 10 === 0 ? null : `1//${row}`,
        scope: `openid,${CALENDAR}`
      }
    }
  }
  const { storageFor } = app.googleAuth
  t.same(await importAll(storageFor, rows()), { imported: 9_000, present: 0, 'without refresh token': 1_000 })
  t.same(await importAll(storageFor, rows()), { imported: 0, present: 9_000, 'without refresh token': 1_000 }, 'again')
  // A grant may be listed twice, when Redis grows meanwhile.
  const listed = new Set<string>()
  for await (const { owner, account, hasRefreshToken } of app.googleAuth.grants())
    if (hasRefreshToken) listed.add(`${owner}, account ${account}`)
  t.equal(listed.size, 9_000)
  t.ok(listed.has('user 7, account 15'))
  t.match(await app.googleAuth.accounts('user 7'), [{ scopes: ['openid', CALENDAR], state: 'active' }, {}])
})

t.test('people who sign in with Google: a job works at once, and nobody is asked for consent', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  const old = await runProgram(t, google, buildApp)
  await old.browser().visit(google, '/events', ADA)
  const { refreshToken = null } = (await old.app.googleAuth.storageFor(ADA.sub).get()) ?? {}

  const { app, browser } = await runProgram(t, google, buildApp)
  const rows = [ADA, GRACE].map(({ sub }) => ({
    owner: sub,
    account: sub,
    refreshToken: sub === ADA.sub ? refreshToken : '1//dead',
    scope: `openid email ${CALENDAR}`,
    linkedAt: new Date('2026-01-02T03:04:05Z')
  }))
  await importAll(app.googleAuth.storageFor, rows)
  t.match(
    await app.googleAuth.refreshIdle({ idleDays: 0 }),
    { checked: 2, refreshed: 1, lost: 1 },
    'the dead are found'
  )
  t.equal((await browser().visit(google, '/events', ADA)).status, 200)
  t.match(await app.googleAuth.status(ADA.sub), { state: 'active', hasRefreshToken: true })
})
