import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { SETTINGS } from '../../example-app/config.js'
import { firstFreePort } from '../../example-app/free-port.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NEEDED = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'src', 'example-app']

// In a copy: `npm start` builds, and other tests are using the build of this folder meanwhile.
const folder = mkdtempSync(join(tmpdir(), 'datebook-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
for (const name of NEEDED) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))

/** A command in that folder, as somebody runs it who has set nothing but these variables. */
function run(variables: Record<string, string>, command: string, ...args: string[]) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !(SETTINGS as readonly string[]).includes(name) && !/^_?TAP|^NODE_/.test(name)
  )
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

const MAIN = ['node', '--import', 'tsx', 'example-app/main.ts'] as const

t.test('a setting that is missing is told in one line', async (t) => {
  const { child, ended, output } = run({ REDIS_URL: 'redis://127.0.0.1:1' }, ...MAIN)
  await ended
  t.equal(child.exitCode, 1)
  t.match(output(), /^AUTH_SECRET must be set [^\n]*\n$/)
})

t.test('in production no misspelt setting opens the app to everybody', async (t) => {
  const variables = { NODE_ENV: 'production', GOOGLE_CLIENT_SECRET: 'client_secrets.json', AUTH_SECRET: 'x'.repeat(32) }
  const { child, ended, output } = run(variables, ...MAIN)
  await ended
  t.equal(child.exitCode, 1)
  t.match(output(), /^GOOGLE_CLIENT_SECRETS must [^\n]* is GOOGLE_CLIENT_SECRETS meant\?\n$/)
})

t.test('in production the emulator that is asked for by name runs, and a misspelt setting is told', async (t) => {
  const port = await firstFreePort('127.0.0.1', 28_600)
  const variables = { NODE_ENV: 'production', GOOGLE_EMULATOR: '1', PORT: String(port), REDIS_URI: 'redis://x' }
  const { child, ended, output } = run(variables, ...MAIN)
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('Open ')) break
  t.same(await (await fetch(`http://localhost:${port}/health`)).json(), { ok: true })
  child.kill('SIGTERM')
  await ended
  t.match(output(), 'REDIS_URI is set and means nothing here: is REDIS_URL meant?')
})
