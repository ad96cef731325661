import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

t.test('the tests that docs/testing.md shows pass', async (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--test', '--test-reporter', 'tap', 'docs/examples/events.test.ts'],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { PATH: process.env['PATH'] }, encoding: 'utf8' }
  )
  t.equal(status, 0, stdout + stderr)
  t.match(stdout, /^# pass 4$/m)
})
