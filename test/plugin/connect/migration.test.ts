/** Linked accounts of another library, put into their slots as docs/migration.md shows. */
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import ts from 'typescript'
import { Token } from '../../../src/index.js'
import { ADA, CALENDAR, GRACE, startGoogle } from '../../support/app.js'
import { startConnectApp } from '../../support/connect-app.js'

const page = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')

interface Shown {
  default: (app: FastifyInstance, token: typeof Token) => (row: object) => Promise<boolean>
}

t.test('a refresh token of the same client becomes a grant that works', async (t) => {
  const google = await startGoogle(t)
  const before = await startConnectApp(t, google, { scopes: [CALENDAR, 'email'] })
  await before.connect(before.of('ann'), ADA)
  const refreshToken = (await before.app.googleAuth.storageFor('ann').get())?.refreshToken
  const after = await startConnectApp(t, google, { scopes: [CALENDAR, 'email'] })

  const [block = ''] = /(?<=```ts\n)import \{ Token \}[\s\S]*?(?=```)/.exec(page) ?? []
  const { outputText } = ts.transpileModule(block.replace(/^import.*\n/, ''), {
    compilerOptions: { target: ts.ScriptTarget.ES2023 }
  })
  const source = `export default (app, Token) => { ${outputText}; return importAccount }`
  const { default: make } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as Shown
  const importAccount = make(after.app, Token)

  const linkedAt = new Date('2026-01-02T03:04:05Z')
  // As better-auth keeps scopes, with commas.
  const row = { owner: 'ann', account: ADA.sub, refreshToken, scope: `openid,email,${CALENDAR}`, linkedAt }
  t.equal(await importAccount(row), true)
  t.equal(await importAccount({ ...row, account: GRACE.sub, refreshToken: null }), false, 'no refresh token, no grant')
  t.match(await after.app.googleAuth.accounts('ann'), [{ account: ADA.sub, isDefault: true, state: 'active' }])
  t.match(await after.app.googleAuth.status('ann'), { hasRefreshToken: true, grantedAt: linkedAt.getTime() })
  t.same((await after.of('ann').fetch('/events')).json(), { status: 200, account: ADA.sub })
  t.equal((await after.of('ann').fetch('/calendar')).status, 200, 'a guard finds the scopes')
  t.same(await after.app.googleAuth.refreshIdle({ idleDays: 0 }), { checked: 1, refreshed: 1, lost: 0, failed: 0 })
  google.revokeGrant(ADA.sub)
  t.match(await after.app.googleAuth.refreshIdle({ idleDays: 0 }), { checked: 1, refreshed: 0, lost: 1 })
  t.equal(await importAccount(row), true)
  t.match(await after.app.googleAuth.status('ann'), { state: 'lost' }, 'what is there is not replaced')
})
