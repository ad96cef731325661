/** The oldest Node that the package names, and the newer lines, by their real binaries. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const SMOKE = fileURLToPath(new URL('../support/smoke.js', import.meta.url))
/** The package from the registry that holds a binary of Node for this machine. */
const BINARY = `node-linux-${process.arch}`

for (const version of ['20.19.0', '22', '24', '26']) {
  t.test(`Node ${version}: a sign-in and a call`, { timeout: 120_000 }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'node-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const options = [
      '--no-audit',
      '--no-fund',
      '--no-save',
      '--ignore-scripts',
      '--no-engine-strict',
      '--prefix',
      folder
    ]
    await run('npm', ['install', ...options, `${BINARY}@${version}`])
    const { stdout } = await run(join(folder, 'node_modules', BINARY, 'bin/node'), [SMOKE], {
      env: { PATH: process.env['PATH'] }
    })
    const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { version: string; status: number; body: string }
    t.ok(told.version.startsWith(version.split('.')[0] ?? ''), told.version)
    t.equal(told.status, 200)
    t.same(JSON.parse(told.body), { status: 200, kinds: ['calendar#events', 'calendar#events'] })
  })
}
