/** The tests that pages show, as their readers run them. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const FOLDER = fileURLToPath(new URL('../../docs/examples', import.meta.url))
const TESTS = {
  events: 4,
  'one-tap': 2,
  bearer: 1,
  'api-without-google': 1,
  'locked-users': 1,
  'spa-on-another-origin': 2
}

t.test('they pass', async (t) => {
  const files = Object.keys(TESTS).map((name) => `${name}.test.ts`)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', fileURLToPath(import.meta.resolve('tsx')), '--test', '--test-reporter', 'tap', ...files],
    { cwd: FOLDER, env: { PATH: process.env['PATH'] }, encoding: 'utf8' }
  )
  t.equal(status, 0, stdout + stderr)
  const passed = Object.values(TESTS).reduce((sum, count) => sum + count)
  t.match(stdout, new RegExp(`^# pass ${passed}$`, 'm'))
})
