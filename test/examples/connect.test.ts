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
import { ADA, CALENDAR, GRACE, KATHERINE, startRedisFor } from '../support/app.js'

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
  const child = spawn('node', ['--import', 'tsx', `examples/connect/${file}.ts`], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** The path that Google sends a browser back to, whose user chooses this account and agrees to all but `untick`. */
async function approve(url: string, { sub }: { sub: string }, untick: string[] = []): Promise<string> {
  const back = new URL(await walkThrough(url, { wanted: sub, hinted: null, decision: 'continue', untick }))
  return back.pathname + back.search
}

t.test('two processes can use the database at once', async (t) => {
  const file = join(folder, 'shared.sqlite')
  const work = `
    import { Users } from ${JSON.stringify(join(ROOT, 'examples/connect/users.ts'))}
    const users = new Users(${JSON.stringify(file)})
    for (let turn = 0; turn < 20; turn++) if (users.ofSession(users.signIn('Ann'))?.name !== 'Ann') process.exit(2)
    users.close()`
  const codes = ['app', 'job'].map(async () => {
    const child = spawn('node', ['--import', 'tsx', '--input-type', 'module', '--eval', work], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'ignore']
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return code
  })
  t.same(await Promise.all(codes), [0, 0])
})

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
  const connect = async (browser: Browser, account: { sub: string }, untick: string[] = []): Promise<number> =>
    (await browser.navigate(await approve(await browser.start(), account, untick))).status
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

  const eve = await browserOf('Eve')
  t.equal(await connect(eve, KATHERINE, [CALENDAR]), 302)
  const unticked = await eve.navigate('/')
  t.equal(unticked.status, 200, 'without the calendar the accounts are still shown')
  t.match(unticked.text, KATHERINE.email)
  t.match(unticked.text, 'cannot be read')
  t.equal((await eve.submit(`/auth/revoke?account=${KATHERINE.sub}`)).status, 303)
  t.equal(
    (await eve.navigate('/sign-in', { method: 'POST', headers: { origin } })).status,
    303,
    'a form without fields'
  )

  // Bob mails Ann the address of Google's page, or the way back from it. Both bring this request of her browser.
  await ann.navigate(await approve(await bob.start(), KATHERINE))
  for (const browser of [ann, bob])
    t.notMatch((await browser.navigate('/')).text, KATHERINE.email, 'a mailed link connects nothing')
  // Bob begins, and Ann signs in to the app in the same browser.
  const begun = await approve(await bob.start(), KATHERINE)
  await bob.submit('/sign-in', { name: 'Ann' })
  t.match(await bob.navigate(begun), { status: 403, text: /GOOGLE_AUTH_OWNER_MISMATCH/ })
  t.notMatch((await ann.navigate('/')).text, KATHERINE.email)

  const job = run('nightly')
  let told = ''
  job.stdout.on('data', (text: Buffer) => (told += text.toString()))
  await once(job, 'close')
  t.match(JSON.parse(told || '{}'), { read: 2, failed: 0, refreshed: 0, lost: 0 })

  t.equal((await ann.submit(`/auth/revoke?account=${account}`)).status, 303)
  t.notMatch((await ann.navigate('/')).text, 'grace@example.com')
  app.kill('SIGTERM')
  await once(app, 'close')
  t.equal(app.exitCode, 0)
})
