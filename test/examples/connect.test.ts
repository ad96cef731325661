/** `npm run example:connect`, as a new user runs it, and its nightly job. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Browser } from '../support/jar.js'
import { freePort } from '../support/redis.js'
import { walkThrough } from '../../src/emulator/control/browserless.js'
import { ADA, GRACE, startRedisFor } from '../support/app.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const [port, emulatorPort, redis] = await Promise.all([freePort(), freePort(), startRedisFor(t)])
const folder = mkdtempSync(join(tmpdir(), 'connect-example-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const origin = `http://localhost:${port}`

function run(file: string) {
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_?TAP|^NODE_/.test(name))),
    PORT: String(port),
    EMULATOR_PORT: String(emulatorPort),
    PUBLIC_URL: origin,
    REDIS_URL: redis.url,
    DATABASE: join(folder, 'users.sqlite')
  }
  const child = spawn('node', ['--import', 'tsx', `examples/connect/${file}.ts`], { cwd: ROOT, env })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What Google's pages do when a user chooses this account and agrees. */
const approve = (url: string, { sub }: { sub: string }): Promise<string> =>
  walkThrough(url, { wanted: sub, hinted: null, decision: 'continue', untick: [] })

t.test('two users, their accounts, and the job', async (t) => {
  const app = run('main')
  let address = ''
  for await (const line of createInterface({ input: app.stdout })) {
    address = /^Open (\S+)$/.exec(line)?.[1] ?? ''
    if (address) break
  }
  t.equal(address, origin)
  const browserOf = async (name: string): Promise<Browser> => {
    const browser = new Browser(origin, port)
    t.equal((await browser.submit('/sign-in', { name })).status, 303)
    return browser
  }
  const connect = async (browser: Browser, account: { sub: string }): Promise<number> => {
    const back = new URL(await approve(await browser.start(), account))
    return (await browser.navigate(back.pathname + back.search)).status
  }
  t.match((await new Browser(origin, port).navigate('/')).text, 'Your name')
  const [ann, bob] = [await browserOf('Ann'), await browserOf('Bob')]
  t.equal(await connect(ann, ADA), 302)
  t.equal(await connect(ann, GRACE), 302)
  const page = (await ann.navigate('/')).text
  t.match(page, /ada@example\.com · default/)
  t.match(page, 'grace@example.com')
  t.notMatch((await bob.navigate('/')).text, 'ada@example.com')

  const account = /\/default\?account=(\d+)/.exec(page)?.[1] ?? ''
  t.equal((await ann.submit(`/default?account=${account}`)).status, 303)
  t.match((await ann.navigate('/')).text, /grace@example\.com · default/)

  const mailed = await approve(await bob.start(), ADA)
  const stolen = new URL(mailed)
  const reply = await ann.navigate(stolen.pathname + stolen.search)
  t.ok([302, 400, 403].includes(reply.status))
  t.notMatch((await bob.navigate('/')).text, 'ada@example.com', 'a link of Bob connects nothing in the browser of Ann')

  const job = run('nightly')
  let told = ''
  job.stdout.on('data', (text: Buffer) => (told += text.toString()))
  const errors: string[] = []
  job.stderr.on('data', (text: Buffer) => errors.push(text.toString()))
  await once(job, 'close')
  t.match(JSON.parse(told || '{}'), { read: 2, failed: 0, refreshed: 0, lost: 0 }, errors.join(''))

  t.equal((await ann.submit(`/auth/revoke?account=${account}`)).status, 303)
  t.notMatch((await ann.navigate('/')).text, 'grace@example.com')
  app.kill('SIGTERM')
  await once(app, 'close')
  t.equal(app.exitCode, 0)
})
