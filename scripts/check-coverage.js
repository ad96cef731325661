/**
 * Checks what the last run of all tests covered: names the lines of src that no test reached, and fails where less is covered
 * than FLOOR says or where no test loads a file at all. `npm test` leaves the measurement behind.
 *
 * Only what the test files' own processes did to src counts. Processes that they start run the build, or the sources by way of
 * tsx: other code under the same names, and merged with the rest it would make lines look missed that were reached.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TAP = join(ROOT, 'node_modules/tap/dist/esm/run.mjs')
const SOURCES = pathToFileURL(join(ROOT, 'src/')).href
const RAW = join(ROOT, '.tap/coverage')
const REPORT = join(ROOT, '.tap/report/coverage-final.json')

/** Percent. What was reached, less what differs from run to run: some branches depend on which process was faster. */
const FLOOR = { lines: 99, functions: 98.5, branches: 96 }

const raw = existsSync(RAW) ? readdirSync(RAW) : []
for (const name of raw) {
  const { externalID } = JSON.parse(readFileSync(join(ROOT, '.tap/processinfo', name), 'utf8'))
  const coverage = JSON.parse(readFileSync(join(RAW, name), 'utf8'))
  coverage.result = coverage.result.filter((/** @type {{ url: string }} */ { url }) => url.startsWith(SOURCES))
  if (externalID === undefined) rmSync(join(RAW, name))
  else writeFileSync(join(RAW, name), JSON.stringify(coverage))
}
rmSync(REPORT, { force: true })
if (raw.length > 0) spawnSync(process.execPath, [TAP, 'report', 'json'], { cwd: ROOT })
if (!existsSync(REPORT)) {
  console.error('Nothing was measured. Run all tests first: npm test')
  process.exit(1)
}

/** @typedef {{ start: { line: number } }} Place */
/** @typedef {{ path: string, statementMap: Record<string, Place>, s: Record<string, number>, f: Record<string, number>, b: Record<string, number[]> }} FileCoverage */
/** @type {FileCoverage[]} */
const files = Object.values(JSON.parse(readFileSync(REPORT, 'utf8')))

/** Line numbers as text, neighbours joined: `3, 7-9`. @param {number[]} lines */
const ranges = (lines) => {
  /** @type {[number, number][]} */
  const found = []
  for (const line of lines) {
    const last = found.at(-1)
    if (last && last[1] === line - 1) last[1] = line
    else found.push([line, line])
  }
  return found.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(', ')
}

for (const { path, statementMap, s } of files.sort((one, other) => one.path.localeCompare(other.path))) {
  const missed = Object.entries(statementMap).flatMap(([id, { start }]) => (s[id] === 0 ? [start.line] : []))
  if (missed.length > 0) console.log(`${relative(ROOT, path)}: ${ranges(missed.sort((one, other) => one - other))}`)
}

const counts = {
  lines: files.flatMap(({ s }) => Object.values(s)),
  functions: files.flatMap(({ f }) => Object.values(f)),
  branches: files.flatMap(({ b }) => Object.values(b).flat())
}
const percent = (/** @type {number[]} */ hits) => (100 * hits.filter((hit) => hit > 0).length) / hits.length
const problems = Object.entries(FLOOR).flatMap(([kind, floor]) => {
  const reached = percent(counts[/** @type {keyof typeof FLOOR} */ (kind)])
  console.log(`${kind}: ${reached.toFixed(2)} %`)
  return reached < floor ? [`Only ${reached.toFixed(2)} % of the ${kind} are covered, not ${floor} %.`] : []
})

// Files that only declare types leave nothing behind that could be covered.
const measured = new Set(files.map(({ path }) => relative(ROOT, path)))
for (const file of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
  const source = join('src', file)
  if (!file.endsWith('.ts') || measured.has(source)) continue
  const built = readFileSync(join(ROOT, 'dist', file.replace(/\.ts$/, '.js')), 'utf8')
  const code = built.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|^export \{\};$/gm, '').trim()
  if (code !== '') problems.push(`No test loads ${source}.`)
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1
