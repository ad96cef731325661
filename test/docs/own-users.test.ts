/** docs/recipes/own-users.md and docs/recipes/roles.md */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildApp } from '../../docs/examples/own-users.js'
import { buildApp as buildAppWithRoles } from '../../docs/examples/roles.js'
import { drizzleUsers, type DrizzleDatabase } from '../../docs/examples/users-drizzle.js'
import { prismaUsers } from '../../docs/examples/users-prisma.js'
import { sqliteUsers, type AppUser, type Users } from '../../docs/examples/users-table.js'
import sqlite from 'node-sqlite3-wasm'
import { ADA, GRACE, startGoogle } from '../support/app.js'
import { runProgram } from './program.js'

function newFile(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'own-users-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'users.sqlite')
}

/** A table in memory that is called as Prisma is called. */
function likePrisma(): Users {
  const rows = new Map<string, AppUser>()
  return prismaUsers({
    upsert: async ({ where: { googleSub }, create, update }) => {
      const old = rows.get(googleSub)
      const row: AppUser = old ? { ...old, ...update } : { id: `id of ${googleSub}`, role: 'member', ...create }
      rows.set(googleSub, row)
      return row
    },
    findUnique: async ({ where }) => rows.get(where.googleSub) ?? null
  })
}

/** A table in memory that is called as Drizzle is called. */
function likeDrizzle(): Users {
  const rows: AppUser[] = []
  const table = { googleSub: 'google_sub' as const }
  const db: DrizzleDatabase<typeof table, string> = {
    insert: () => ({
      values: (row) => ({
        onConflictDoUpdate: ({ set }) => ({
          returning: async () => {
            const old = rows.find(({ googleSub }) => googleSub === row.googleSub)
            if (old) return [Object.assign(old, set)]
            rows.push({ role: 'member', ...row })
            return rows.slice(-1)
          }
        })
      })
    }),
    select: () => ({ from: () => ({ where: async (sub) => rows.filter(({ googleSub }) => googleSub === sub) }) })
  }
  return drizzleUsers(db, table, (_column, value) => value)
}

const tables = { SQLite: (t: Test) => sqliteUsers(newFile(t)), Prisma: likePrisma, Drizzle: likeDrizzle }
for (const [name, usersOf] of Object.entries(tables)) {
  t.test(`${name}: a row at the first sign-in, and the same row at the next`, async (t) => {
    const google = await startGoogle(t)
    const users = usersOf(t)
    const { browser, signedIn } = await runProgram(t, google, (options) => buildApp(options, users))
    const first = (await browser().visit(google, '/profile', ADA)).json() as AppUser
    t.match(first, { googleSub: ADA.sub, email: ADA.email, name: 'Ada Lovelace', role: 'member' })
    const again = (await browser().visit(google, '/profile', ADA)).json() as AppUser
    t.same(again, first)
    const grace = await signedIn(GRACE)
    t.not(((await grace.fetch('/profile')).json() as AppUser).id, first.id)
  })
}

t.test('without a row nobody is in', async (t) => {
  const google = await startGoogle(t)
  const users = likePrisma()
  const down = { ...users, keep: () => Promise.reject(new Error('the database is down')) }
  let table: Users = down
  const { browser } = await runProgram(t, google, (options) =>
    buildApp(options, { keep: (user) => table.keep(user), find: (sub) => table.find(sub) })
  )
  const ada = browser()
  t.equal((await ada.visit(google, '/profile', ADA)).status, 500)
  t.equal((await ada.fetch('/profile')).status, 401, 'not signed in')
  table = users
  t.equal((await ada.visit(google, '/profile', ADA)).status, 200)
  table = likePrisma()
  t.match(await ada.fetch('/profile'), { status: 403, text: /no longer a user/ }, 'the row is gone')
})

t.test('who has no verified address is refused in words', async (t) => {
  const google = await startGoogle(t)
  const mallory = google.addUser({ email: 'mallory@example.org', emailVerified: false })
  const { browser } = await runProgram(t, google, (options) => buildApp(options, likePrisma()))
  t.match(await browser().visit(google, '/profile', { sub: mallory.sub }), {
    status: 403,
    text: /Verify your e-mail address/
  })
})

t.test('a role counts from the next request on', async (t) => {
  const google = await startGoogle(t)
  const file = newFile(t)
  const users = sqliteUsers(file)
  const db = new sqlite.Database(file)
  t.teardown(() => db.close())
  const { browser, signedIn } = await runProgram(t, google, (options) => buildAppWithRoles(options, users))
  t.equal((await browser().fetch('/admin/users')).status, 401, 'nobody is signed in')
  const ada = await signedIn(ADA)
  const statuses = async () => {
    const paths = ['/home', '/admin/users', '/admin/reports', '/admin/settings']
    return (await Promise.all(paths.map((path) => ada.fetch(path)))).map(({ status }) => status)
  }
  t.same(await statuses(), [200, 403, 403, 403])
  db.run("update users set role = 'admin' where google_sub = ?", [ADA.sub])
  t.same(await statuses(), [200, 200, 200, 200])
  db.run("update users set role = 'member' where google_sub = ?", [ADA.sub])
  t.same(await statuses(), [200, 403, 403, 403])
})
