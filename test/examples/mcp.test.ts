/** `npm run example:mcp`, as a new user runs it, driven by an MCP client of both revisions of the protocol. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport, UrlElicitationRequiredError } from '@modelcontextprotocol/client'
import t, { type Test } from 'tap'
import { buildApp } from '../../examples/mcp/app.js'
import { startGoogleEmulator } from '../../src/emulator.js'
import { walkThrough } from '../../src/emulator/control/browserless.js'
import { ADA, GRACE } from '../support/app.js'
import { Browser, type Visit } from '../support/jar.js'
import { eventually, freePort } from '../support/redis.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const port = await freePort()
const origin = `http://localhost:${port}`

/** The command of the script, without the build: other tests are using it meanwhile. */
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { scripts: Record<string, string> }
const command = scripts['example:mcp']!.replace(/^.*&& /, '')
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^_?TAP|^NODE_/.test(name)))
const app = spawn('sh', ['-c', command], { cwd: ROOT, env: { ...env, PORT: String(port) } })
t.teardown(() => app.kill('SIGKILL'))
const printed: string[] = []
app.stderr.on('data', (text: Buffer) => printed.push(text.toString()))
app.stdout.on('data', (text: Buffer) => printed.push(text.toString()))
await eventually(() => printed.join('').includes('Bearer'))
t.match(printed.join(''), `Open ${origin}\n`)
t.match(printed.join(''), `${origin}/mcp`)

const answering =
  (decision: 'continue' | 'cancel') =>
  (url: string | URL, { sub = null }: { sub?: string | null } = {}) =>
    walkThrough(String(url), { wanted: sub, hinted: null, decision, untick: [] })

/** Google's pages, at the emulator in the process of the example. */
const google: Parameters<Browser['visit']>[0] = {
  issuer: 'http://127.0.0.1:',
  approve: answering('continue'),
  cancel: answering('cancel')
}

interface User {
  browser: Browser
  token: string
}

async function signedIn(name: string, at = port): Promise<User> {
  const browser = new Browser(`http://localhost:${at}`, at)
  t.equal((await browser.submit('/sign-in', { name })).status, 303)
  return { browser, token: await newToken(browser) }
}

async function newToken(browser: Browser): Promise<string> {
  return /Token: <code>([\w-]{43})</.exec((await browser.submit('/token')).text)?.[1] ?? ''
}

/** All that MCP clients received. */
let received = ''

interface Agent {
  /** The result of a tool: parsed, or the text of an error. */
  call: (tool: string, args?: Record<string, unknown>) => Promise<unknown>
  /** The URLs that the user was asked to open. */
  asked: string[]
}

/** An MCP client. `answer`: what its user says when asked to open a URL; `null`: it cannot ask. */
async function agent(
  t: Test,
  token: string,
  {
    mode = 'auto',
    answer = 'accept',
    at = origin
  }: { mode?: 'auto' | 'legacy'; answer?: 'accept' | 'decline' | null; at?: string } = {}
): Promise<Agent> {
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: answer === null ? {} : { elicitation: { url: {} } }, versionNegotiation: { mode } }
  )
  const asked: string[] = []
  if (answer !== null)
    client.setRequestHandler('elicitation/create', ({ params }) => {
      if (params.mode === 'url') asked.push(params.url)
      return { action: answer }
    })
  const transport = new StreamableHTTPClientTransport(new URL('/mcp', at), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
    async fetch(url, init) {
      const response = await fetch(url, init)
      received += JSON.stringify([...response.headers]) + (await response.clone().text())
      return response
    }
  })
  await client.connect(transport)
  t.teardown(() => client.close())
  return {
    asked,
    async call(name, args = {}) {
      const { content, isError } = await client.callTool({ name, arguments: args })
      const text = content[0]?.type === 'text' ? content[0].text : ''
      return isError ? text : JSON.parse(text)
    }
  }
}

const open = (browser: Browser, url: string, account: { sub: string } = ADA): Promise<Visit> =>
  browser.visit(google, url, { sub: account.sub })

const HOUR_MS = 3_600_000
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString()
const LUNCH = { summary: 'Lunch', start: inHours(1), end: inHours(2) }

t.test('the tools ask for consent by a URL, one access at a time', async (t) => {
  const { browser, token } = await signedIn('Ann')
  const { call, asked } = await agent(t, token)
  const titles = async (account?: string): Promise<string> =>
    ((await call('list_events', { account })) as { summary: string }[]).map(({ summary }) => summary).join()
  t.same(await call('list_accounts'), [])

  t.match(await call('list_events'), /not connected yet.*call the tool again/)
  t.equal(asked.length, 1)
  t.equal(new URL(asked[0]!).origin, origin)
  t.notMatch(asked[0], /Ann|google/i, 'the URL says neither who it is for, nor anything of Google')
  const page = await open(browser, asked[0]!)
  t.equal(page.status, 200)
  t.match(page.text, 'Google is connected')
  const read = new URL(page.hops.find((hop) => hop.startsWith(google.issuer))!).searchParams.get('scope')
  t.match(read, /calendar\.events\.readonly/)
  t.notMatch(await titles(), 'Lunch')

  t.match(await call('add_event', LUNCH), /not connected yet/)
  t.equal(asked.length, 2)
  t.equal((await open(browser, asked[1]!)).status, 200)
  t.match(await call('add_event', LUNCH), { summary: 'Lunch' })
  t.match(await titles(), 'Lunch')
  t.equal(asked.length, 2, 'and asks no more')

  const [account] = (await call('list_accounts')) as { account: string }[]
  t.strictSame(account, { account: ADA.sub, email: ADA.email, isDefault: true, state: 'active' })
  t.match(await call('list_events', { account: GRACE.sub }), /not connected yet/)
  t.equal((await open(browser, asked[2]!, GRACE)).status, 200)
  t.notMatch(await titles(GRACE.sub), 'Lunch', 'another account has another calendar')
  t.match(await titles(ADA.sub), 'Lunch')

  t.equal((await browser.submit(`/auth/revoke?account=${ADA.sub}`)).status, 303)
  t.match(await call('list_events', { account: ADA.sub }), /not connected yet/, 'an end is an end')
})

t.test('a client of the revision of 2025 gets the error that asks', async (t) => {
  const { browser, token } = await signedIn('Cleo')
  const { call } = await agent(t, token, { mode: 'legacy' })
  const error = await call('list_events').then(
    () => null,
    (error: unknown) => error
  )
  t.type(error, UrlElicitationRequiredError)
  const [elicitation] = (error as UrlElicitationRequiredError).elicitations
  t.match(elicitation, { mode: 'url', elicitationId: String })
  t.equal((await open(browser, elicitation!.url)).status, 200)
  t.type(await call('list_events'), Array)
})

t.test('a user who declines is not asked twice in one call', async (t) => {
  const { token } = await signedIn('Dora')
  const { call, asked } = await agent(t, token, { answer: 'decline' })
  t.match(await call('list_events'), 'The user did not agree')
  t.equal(asked.length, 1)
})

t.test('a client that opens no URLs gets the link in the error', async (t) => {
  const { browser, token } = await signedIn('Kim')
  const { call } = await agent(t, token, { answer: null })
  const [url = ''] = /http:\S+$/.exec(String(await call('list_events'))) ?? []
  t.equal((await open(browser, url)).status, 200)
  t.type(await call('list_events'), Array)
})

t.test('a URL that somebody else opens connects nothing', async (t) => {
  const [eve, bob] = [await signedIn('Eve'), await signedIn('Bob')]
  const ofEve = await agent(t, eve.token)
  const ofBob = await agent(t, bob.token)
  await ofEve.call('list_events')
  const url = ofEve.asked[0]!

  const foreign = await open(bob.browser, url, GRACE)
  t.equal(foreign.status, 403)
  t.same(foreign.hops, [url], 'and does not go to Google')
  t.same(await ofBob.call('list_accounts'), [])

  const nobody = new Browser(origin, port)
  const login = await nobody.navigate(new URL(url).pathname)
  t.equal(login.status, 401)
  t.match(login.text, 'Your name')
  const returnTo = new URL(url).pathname
  t.match(login.text, `name="return_to" value="${returnTo}"`)
  const signIn = await nobody.submit('/sign-in', { name: 'Eve', return_to: returnTo })
  t.equal(signIn.location, url, 'the login comes back to the link')

  // Eve begins, and Bob comes back from Google.
  const start = await nobody.navigate(returnTo)
  const googleUrl = (await nobody.navigate(start.location)).location
  const back = new URL(await google.approve(googleUrl, { sub: GRACE.sub }))
  for (const [name, cookie] of bob.browser.cookies) nobody.cookies.set(name, cookie)
  const mixed = await nobody.navigate(back.pathname + back.search)
  t.equal(mixed.status, 403)
  t.match(mixed.text, 'GOOGLE_AUTH_OWNER_MISMATCH')

  t.same(await ofEve.call('list_accounts'), [])
  t.same(await ofBob.call('list_accounts'), [])
})

t.test('access that has ended is asked for again, and trouble at Google is told', async (t) => {
  const at = await freePort()
  const publicUrl = `http://localhost:${at}`
  const emulator = await startGoogleEmulator({
    strict: true,
    clients: [{ redirectUris: [`${publicUrl}/auth/return`] }]
  })
  t.teardown(() => emulator.close())
  const { issuer, apiOrigin, clientSecrets } = emulator
  const inProcess = await buildApp({
    publicUrl,
    google: { clientSecrets, issuer, apiOrigins: [apiOrigin] },
    calendarApi: `${apiOrigin}/calendar/v3`
  })
  t.teardown(() => inProcess.close())
  await inProcess.listen({ host: '127.0.0.1', port: at })
  const { browser, token } = await signedIn('Hal', at)
  const { call, asked } = await agent(t, token, { at: publicUrl })
  await call('list_events')
  await browser.visit(emulator, asked[0]!, { sub: ADA.sub })
  t.type(await call('list_events'), Array)

  emulator.failNext('api', { status: 403 })
  t.equal(await call('list_events'), 'Google Calendar refused the call (403).')
  emulator.revokeGrant(ADA.sub)
  t.match(await call('list_events'), /not connected yet/)
  t.match(await call('list_accounts'), [{ state: 'lost' }])
  t.equal((await browser.visit(emulator, asked[1]!, { sub: ADA.sub })).status, 200)
  t.type(await call('list_events'), Array)
})

t.test('who may speak to the MCP server', async (t) => {
  const { browser, token } = await signedIn('Fay')
  const call = (headers: Record<string, string>) =>
    fetch(`${origin}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
    })
  const bearer = { authorization: `Bearer ${token}` }
  t.equal((await call(bearer)).status, 200)
  const wrong = await call({ authorization: `Bearer ${token.slice(1)}x` })
  t.equal(wrong.status, 401)
  t.equal(wrong.headers.get('www-authenticate'), 'Bearer')
  t.equal((await call({})).status, 401)
  t.equal((await call({ cookie: `mcp-example=${browser.cookies.get('mcp-example')!.value}` })).status, 401)
  t.equal((await call({ ...bearer, origin: 'https://evil.example' })).status, 403)
  await t.rejects(agent(t, 'wrong'))

  const start = await fetch(`${origin}/auth/start`, { headers: bearer, redirect: 'manual' })
  t.equal(start.status, 401, 'the token of an agent does not consent for its user')
  t.not(await newToken(browser), token)
  t.equal((await call(bearer)).status, 401, 'a new token ends the one before')
})

t.test('forms and links of other sites', async (t) => {
  const browser = new Browser(origin, port)
  const foreign = await browser.submit('/sign-in', { name: 'Eve' }, { origin: 'https://evil.example' })
  t.equal(foreign.status, 403)
  for (const away of ['https://evil.example/', '//evil.example', '/.//evil.example', 'http://[']) {
    const { location } = await browser.submit('/sign-in', { name: 'Gus', return_to: away })
    t.equal(new URL(location, origin).origin, origin, away)
  }
  t.equal(browser.cookies.get('mcp-example')?.attributes['samesite'], 'Lax')
})

t.test('no client received a token, and the example ends on a signal', async (t) => {
  t.match(received, 'Lunch')
  t.notMatch(received, /ya29|1\/\/|access_token|refresh_token|id_token|eyJ/)
  app.kill('SIGTERM')
  await once(app, 'close')
  t.equal(app.exitCode, 0)
  t.notMatch(printed.join(''), /error|"level":[56]0/i)
})
