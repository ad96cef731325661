/**
 * Runs the tests (all, or those named as arguments): sees to what they need to have installed, builds, runs tap, shows one line
 * per test file and every failure in full, and ends with the line `N passed, N failed`. A run of all of them also measures what
 * they cover, for check-coverage.js.
 *
 * Both numbers are tap's own count of assertions. Whatever goes wrong (a build error, a time-out, no tests at all) counts as
 * at least one failure and makes the exit code 1.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { prepareTests } from './prepare-tests.js'

const TAP = fileURLToPath(new URL('../node_modules/tap/dist/esm/run.mjs', import.meta.url))

/** @param {number} passed @param {number} failed */
const finish = (passed, failed) => {
  console.log(`\n${passed} passed, ${failed} failed`)
  process.exit(failed === 0 ? 0 : 1)
}

const named = process.argv.slice(2)
const programs = prepareTests(named.some((name) => name.endsWith('.slow.ts')))
if (!programs) finish(0, 1)
if (spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) finish(0, 1)

const coverage = named.length === 0 ? '--coverage-report=none' : '--disable-coverage'
const tap = spawn(process.execPath, [TAP, 'run', '--no-color', '--reporter=tap', coverage, ...named], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, ...programs }
})
// What watches this script ends it to start it anew; tap would run on.
process.once('SIGTERM', () => tap.kill())

/** @type {Promise<number>} */
const ended = new Promise((resolve) => tap.once('close', (code) => resolve(code ?? 1)))

/** tap's last word, for example `# { total: 8, pass: 3, fail: 3, todo: 1, skip: 1 }`. */
let summary = ''
/** The indentation of the failure whose details are being shown, or -1. */
let detailsOf = -1
for await (const line of createInterface({ input: tap.stdout })) {
  const indent = line.search(/\S/)
  if (/^# \{ total: /.test(line)) summary = line
  if (/^ *not ok (?!.*# TODO)/.test(line)) detailsOf = indent
  else if (detailsOf >= 0 && indent >= 0 && (indent <= detailsOf || /^ *(ok|# Subtest)/.test(line))) detailsOf = -1
  if (detailsOf >= 0 || /^(ok |Bail out!|# (?!Subtest|No coverage|ERROR: incomplete))/.test(line)) console.log(line)
}
const exitCode = await ended

/** @param {string} kind */
const count = (kind) => Number(new RegExp(`\\b${kind}: (\\d+)`).exec(summary)?.[1] ?? 0)
const passed = count('pass')
finish(passed, Math.max(count('fail'), exitCode === 0 && passed > 0 ? 0 : 1))
