/** The table of docs/errors.md and the source name the same codes, classes and statuses. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { STATUS } from '../../src/core/errors/base.js'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const FOLDER = new URL('../../src/core/errors/', import.meta.url)
/** Each row: class, code, the cell of statuses, and what the app should do. */
const rows = [...page.matchAll(/^\| `(\w+)`[^|]*\| `(GOOGLE_AUTH_\w+)` \| ([^|]*) \| [^|]+ \| ([^|]+) \|$/gm)].map(
  ([, name = '', code = '', statuses = '', advice = '']) => ({ name, code, statuses, advice })
)
/** The class of each code, as the source declares them. */
const declared = readdirSync(FOLDER).flatMap((file) => {
  const text = readFileSync(new URL(file, FOLDER), 'utf8')
  return [...text.matchAll(/class (\w+) extends GoogleAuthError \{\n {2}readonly code = '(\w+)'/g)].map(
    ([, name = '', code = '']) => ({ name, code })
  )
})

t.test('every code of the source stands in the table once, with its class and its status', async (t) => {
  t.same(rows.map(({ code }) => code).sort(), Object.keys(STATUS).sort())
  const byCode = (one: { code: string }, other: { code: string }) => one.code.localeCompare(other.code)
  t.same(rows.map(({ name, code }) => ({ name, code })).sort(byCode), declared.sort(byCode))
  for (const { code, statuses, advice } of rows) {
    t.ok(statuses.match(/\d{3}/g)?.includes(String(STATUS[code as keyof typeof STATUS])), `${code}: ${statuses}`)
    t.ok(advice.trim().length > 10, `${code} says what to do`)
  }
})

t.test('a code with one status in the table has no other', async (t) => {
  for (const { name, statuses } of rows) {
    const several = (statuses.match(/\d{3}/g)?.length ?? 0) > 1
    const text = readdirSync(FOLDER)
      .map((file) => readFileSync(new URL(file, FOLDER), 'utf8'))
      .find((source) => source.includes(`class ${name} extends GoogleAuthError`))!
    const [body = ''] = text.slice(text.indexOf(`class ${name} `)).split('\n}\n')
    t.equal(body.includes('override get statusCode'), several, name)
  }
})
