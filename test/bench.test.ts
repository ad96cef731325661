import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

/** How the table of each section begins. */
const TABLES = [
  '/me ',
  '/calendar ',
  'untouched by the plugin ',
  'sign-in, at the return ',
  '200 calls at once ',
  'Redis bytes of a user ',
  'import ',
  '/calendar, users ',
  '/calendar, stored users ',
  'signOutEverywhere, sessions ',
  'sealing 1,500 bytes '
]

t.test('npm run bench -- --quick prints the table of each section', async (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'bench/main.ts', '--quick'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8'
  })
  t.equal(status, 0, stdout + stderr)
  const lines = stdout.split('\n')
  for (const table of TABLES) {
    const at = lines.findIndex((line) => line.startsWith(table))
    t.ok(at >= 0 && lines[at + 1]?.match(/\d/), `a table with a row begins with "${table}"`)
  }
})
