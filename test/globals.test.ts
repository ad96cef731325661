/** Importing the package, and using it, changes nothing that the rest of the process shares. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'

const REPORTER = fileURLToPath(new URL('./support/global-changes.js', import.meta.url))

async function changes(t: Test, entry: string, ...more: string[]): Promise<{ imported: string[]; used: string[] }> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [REPORTER, entry, ...more], {
    env: { PATH: process.env.PATH }
  })
  t.equal(stderr, '', 'and says nothing')
  return JSON.parse(stdout)
}

const root = new URL('../', import.meta.url)
const { exports } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
  exports: Record<string, string | { default: string }>
}
const entries = Object.entries(exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [[name, new URL(target.default, root).href] as const]
)

t.test('the test sees a change', async (t) => {
  const meddling = 'process.on("exit", () => {}); require("fs").close = () => {}; Array.prototype.last = 1'
  const source = `import { createRequire } from 'node:module'; const require = createRequire('/'); ${meddling}`
  const { imported } = await changes(t, `data:text/javascript,${encodeURIComponent(source)}`)
  for (const each of ['listeners of process for exit', 'fs.close', 'globalThis.Array.prototype.last'])
    t.ok(imported.includes(each), each)
})

t.test('a FileStorage that is used', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'globals-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  t.same((await changes(t, new URL('dist/core.js', root).href, join(folder, 'file.json'))).used, [])
})

for (const [name, entry] of entries) {
  t.test(`import of ${name}`, async (t) => {
    // undici's global dispatcher among them: only a use of Node's own `fetch` may set that.
    t.same((await changes(t, entry)).imported, [])
  })
}
