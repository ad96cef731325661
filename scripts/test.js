/**
 * Runs the tests (all, or those named as arguments): sees to redis-server and Chromium, builds, runs tap, shows one line per
 * test file and every failure in full, and ends with the line `N passed, N failed`.
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

const programs = prepareTests()
if (!programs) finish(0, 1)
if (spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) finish(0, 1)

const tap = spawn(
  process.execPath,
  [TAP, 'run', '--no-color', '--reporter=tap', '--disable-coverage', ...process.argv.slice(2)],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...programs } }
)

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
  if (detailsOf >= 0 || /^(ok |Bail out!|# (?!Subtest|No coverage))/.test(line)) console.log(line)
}
const exitCode = await ended

/** @param {string} kind */
const count = (kind) => Number(new RegExp(`\\b${kind}: (\\d+)`).exec(summary)?.[1] ?? 0)
const passed = count('pass')
finish(passed, Math.max(count('fail'), exitCode === 0 && passed > 0 ? 0 : 1))
