/** The table of docs/errors.md and the source name the same codes, classes, fields and statuses. */
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { STATUS } from '../../src/core/errors/base.js'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const FOLDER = new URL('../../src/core/errors/', import.meta.url)
/** Each row: class, its fields, code, and the cell of statuses. */
const rows = [...page.matchAll(/^\| `(\w+)`([^|]*)\| `(GOOGLE_AUTH_\w+)` \| ([^|]*) \| [^|]+ \| [^|]+ \|$/gm)].map(
  ([, name = '', fields = '', code = '', statuses = '']) => ({
    name,
    fields: [...fields.matchAll(/[(,] ?`(\w+)`/g)].map(([, field]) => field),
    code,
    statuses
  })
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
  for (const { code, statuses } of rows)
    t.ok(statuses.match(/\d{3}/g)?.includes(String(STATUS[code as keyof typeof STATUS])), `${code}: ${statuses}`)
})

/** The source of a class. */
function bodyOf(name: string): string {
  const text = readdirSync(FOLDER)
    .map((file) => readFileSync(new URL(file, FOLDER), 'utf8'))
    .find((source) => source.includes(`class ${name} extends GoogleAuthError`))!
  return text.slice(text.indexOf(`class ${name} `)).split('\n}\n')[0] ?? ''
}

t.test('a code with one status in the table has no other', async (t) => {
  for (const { name, statuses } of rows) {
    const several = (statuses.match(/\d{3}/g)?.length ?? 0) > 1
    t.equal(bodyOf(name).includes('override get statusCode'), several, name)
  }
})

t.test('an error has the fields that the table names', async (t) => {
  t.ok(rows.some(({ fields }) => fields.length === 3))
  for (const { name, fields } of rows) {
    const inSource = [...bodyOf(name).matchAll(/^ {2}(?:readonly )?(\w+)\??: /gm)].map(([, field]) => field)
    t.same(
      fields.filter((field) => !inSource.includes(field)),
      [],
      name
    )
  }
})
