import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { firstFreePort } from '../../example-app/free-port.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NEEDED = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'example-app']
const SETTINGS = ['HOST', 'PORT', 'PUBLIC_URL', 'GOOGLE_CLIENT_SECRETS', 'REDIS_URL', 'AUTH_SECRET', 'LOG_LEVEL']

// In a copy: `npm start` builds, and other tests are using the build of this folder meanwhile.
const folder = mkdtempSync(join(tmpdir(), 'datebook-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
for (const name of NEEDED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))

/** A command in that folder, as somebody runs it who has set nothing but these variables. */
function run(variables: Record<string, string>, command: string, ...args: string[]) {
  const kept = Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name) && !/^_?TAP|^NODE_/.test(name))
  const env = { ...Object.fromEntries(kept), ...variables }
  const child = spawn(command, args, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  t.teardown(() => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It has ended by itself, as it should.
    }
  })
  const texts: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => texts.push(text))
  return { child, ended, output: () => texts.join('') }
}

t.test('npm start prints the address to open, answers there, and ends on a signal', async (t) => {
  const port = await firstFreePort('127.0.0.1', 28_500)
  const { child, ended, output } = run({ PORT: String(port) }, 'npm', 'start')
  let address = ''
  for await (const line of createInterface({ input: child.stdout })) {
    address = /^Open (http:\S+)$/.exec(line)?.[1] ?? ''
    if (address) break
  }
  t.equal(address, `http://localhost:${port}`, output())
  const home = await fetch(address, { headers: { accept: 'text/html' } })
  t.equal(home.status, 200)
  t.match(await home.text(), 'Sign in with Google')
  t.same(await (await fetch(`${address}/health`)).json(), { ok: true })
  const start = await fetch(`${address}/auth/start`, { redirect: 'manual' })
  t.match(start.headers.get('location'), /^http:\/\/127\.0\.0\.1:\d+\/o\/oauth2/)

  child.kill('SIGTERM')
  await ended
  t.equal(child.exitCode, 0)
  await t.rejects(fetch(`${address}/health`), 'nobody listens any more')
  t.notMatch(output(), /error/i)
})

t.test('a setting that is missing is told in one line', async (t) => {
  const { child, ended, output } = run(
    { REDIS_URL: 'redis://127.0.0.1:1' },
    'node',
    '--import',
    'tsx',
    'example-app/main.ts'
  )
  await ended
  t.equal(child.exitCode, 1)
  t.match(output(), /^AUTH_SECRET must be set [^\n]*\n$/)
})
