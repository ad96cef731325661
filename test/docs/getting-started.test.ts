/** docs/getting-started.md, as a newcomer runs it. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { walkThrough } from '../../src/emulator/control/browserless.js'
import { ADA, startGoogle } from '../support/app.js'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'

const FOLDER = fileURLToPath(new URL('../../docs/examples/getting-started', import.meta.url))
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_?TAP|^NODE_/.test(name)))

/** How long a program may live: far longer than it needs, and shorter than the limit of a test file. */
const LIMIT_MS = 120_000

/** Runs a file of the folder until it prints where it listens. */
async function run(t: Test, file: string, settings: Record<string, string>, cwd = FOLDER): Promise<string> {
  const tsx = fileURLToPath(import.meta.resolve('tsx'))
  const child = spawn('node', ['--import', tsx, join(FOLDER, file)], {
    cwd,
    env: { ...env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL'
  })
  // Listened for from the beginning: the program may end before the test does.
  const closed = new Promise((resolve) => child.once('close', resolve))
  t.teardown(() => {
    child.kill()
    return closed
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const [, origin] = /^Open (\S+)$/.exec(line) ?? []
    if (origin) return origin
  }
  throw new Error(`${file} ended`)
}

const asAda = async (url: string): Promise<string> => {
  const { pathname, search } = new URL(
    await walkThrough(url, { wanted: ADA.sub, hinted: null, decision: 'continue', untick: [] })
  )
  return pathname + search
}

t.test('on the emulator', async (t) => {
  const port = await freePort()
  const origin = await run(t, 'dev.ts', { PORT: String(port) })
  const browser = new Browser(origin, port)
  t.match((await browser.navigate('/')).text, 'Sign in with Google')
  const { location } = await browser.navigate('/events')
  const back = await browser.navigate(await asAda((await browser.navigate(location)).location || location))
  t.equal(back.location, '/events')
  t.equal((await browser.navigate('/events')).status, 200)
  t.match((await browser.navigate('/')).text, 'My events')
  t.equal((await browser.submit('/auth/signout')).status, 303)
  t.match((await browser.navigate('/')).text, 'Sign in with Google')
})

t.test('with a client_secrets.json', async (t) => {
  const google = await startGoogle(t)
  const folder = mkdtempSync(join(tmpdir(), 'getting-started-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'client_secrets.json'), JSON.stringify(google.clientSecrets))
  const port = await freePort()
  const PUBLIC_URL = `http://localhost:${port}`
  const settings = { PORT: String(port), PUBLIC_URL, AUTH_SECRET: 'Zx8sQ0v4Kf2mB7nT5rW1yP9aL6cJ3dEh' }
  const origin = await run(t, 'main.ts', settings, folder)
  const browser = new Browser(origin, port)
  t.match((await browser.navigate('/')).text, 'Sign in with Google')
  const { location } = await browser.navigate('/auth/start')
  // The file names the endpoints, and these are the emulator's.
  t.match(location, `${google.issuer}/`)
  t.equal(new URL(location).searchParams.get('redirect_uri'), `${PUBLIC_URL}/auth/return`)
})

t.test('the tests of the page pass', async (t) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', fileURLToPath(import.meta.resolve('tsx')), '--test', '--test-reporter', 'tap', 'app.test.ts'],
    { cwd: FOLDER, env: { PATH: process.env['PATH'] }, encoding: 'utf8', timeout: LIMIT_MS, killSignal: 'SIGKILL' }
  )
  t.equal(status, 0, stdout + stderr)
  t.match(stdout, /^# pass 2$/m)
})
