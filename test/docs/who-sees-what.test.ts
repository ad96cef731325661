/** The table "Who sees what" of docs/errors.md, and what the log has after one request of each kind. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { GrantLostError, LoginRequiredError, StorageError } from '../../src/index.js'
import { ADA, CALENDAR, startApp, startGoogle } from '../support/app.js'
import { startConnectApp } from '../support/connect-app.js'
import { startRiscApp } from '../support/risc.js'

const LEVELS: Readonly<Record<number, string>> = { 30: 'info', 40: 'warn', 50: 'error' }
const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

/** What the log has, by the table: the last cell of the row that begins with `where`. */
function promised(where: string): string {
  const rows = page.split('\n').filter((line) => line.startsWith(`| ${where}`))
  if (rows.length !== 1) throw new Error(`${rows.length} rows begin with ${where}`)
  return rows[0]!.split('|').at(-2)!.trim()
}

/** The lines that `work` adds to a log, as level and message, without those that Fastify writes of every request. */
async function linesOf(log: string[], work: () => Promise<{ status: number }>, status: number): Promise<string[]> {
  const before = log.length
  const reply = await work()
  if (reply.status !== status) throw new Error(`${reply.status} in place of ${status}`)
  return log
    .slice(before)
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level, msg }) => level >= 30 && !/^(incoming request|request completed)$/.test(msg))
    .map(({ level, msg }) => `\`${LEVELS[level]}\`, *${msg}*`)
}

t.test('our routes', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startApp(t, google, { options: { codes: { mobile: true } } })
  const start = promised('`/auth/start`, ')
  const undo = google.failNext('discovery', { status: 503, times: Infinity })
  const [failedStart = ''] = await linesOf(log, () => browser().navigate('/auth/start'), 503)
  undo()
  t.equal(start, `from 500: ${failedStart}`)
  const returned = promised('`/auth/return`')
  const [refused] = await linesOf(log, () => browser().navigate('/auth/return?state=x&code=y'), 400)
  t.match(returned, `below 500: ${refused};`)
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  const [failed] = await linesOf(log, () => browser().visit(google, '/auth/start', ADA), 500)
  t.match(returned, `from 500: ${failed}.`)
  for (const path of ['/auth/credential', '/auth/code']) t.equal(promised(`\`${path}\``), 'the lines of `/auth/return`')
  const code = { code: '4/nobody', from: 'mobile' }
  const headers = { 'content-type': 'application/json' }
  const another = { method: 'POST', headers, body: JSON.stringify({ ...code, code: '4/another' }) }
  const post = () => browser().send('/auth/code', { method: 'POST', headers, body: JSON.stringify(code) })
  t.same(await linesOf(log, post, 400), [refused])
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  t.same(await linesOf(log, () => browser().send('/auth/code', another), 500), [failed], 'one line')
})

t.test('the return of a connect', async (t) => {
  const google = await startGoogle(t)
  const { of, log } = await startConnectApp(t, google)
  google.failNext('token', { status: 400, body: { error: 'invalid_client' } })
  const failed = await linesOf(log, () => of('u1').visit(google, '/auth/start', ADA), 500)
  google.failNext('token', { status: 400, body: { error: 'invalid_grant' } })
  const refused = await linesOf(log, () => of('u1').visit(google, '/auth/start', ADA), 400)
  const [, instead = ''] = /the line begins with \*(.+)\* instead$/.exec(promised('`/auth/return`')) ?? []
  t.same([...failed, ...refused], [`\`error\`, *${instead} failed*`, `\`info\`, *${instead} was refused*`])
})

t.test('guards', async (t) => {
  const google = await startGoogle(t)
  const { browser, log, signedIn } = await startApp(t, google, {
    options: { bearer: true },
    routes(app) {
      const { required } = app.googleAuth
      app.get('/', () => 'home')
      app.get('/me', { onRequest: required() }, () => 'me')
      app.get('/calendar', { onRequest: required({ scopes: [CALENDAR] }) }, () => 'calendar')
      app.get('/api', { onRequest: required({ bearer: true }) }, () => 'api')
    }
  })
  const ada = await signedIn()
  t.same(await linesOf(log, () => browser().fetch('/api'), 401), [])
  const withToken = { headers: { authorization: 'Bearer nonsense' } }
  const [refused] = await linesOf(log, () => browser().fetch('/api', withToken), 401)
  t.equal(promised('a guard with `bearer`'), `a token that was refused: ${refused}`)
  t.equal(promised('a guard: '), 'nothing')
  t.same(await linesOf(log, () => browser().fetch('/me'), 401), [])
  t.same(await linesOf(log, () => browser().navigate('/me'), 302), [])
  t.same(await linesOf(log, () => ada.fetch('/calendar'), 403), [])
})

t.test("what the app's handlers throw", async (t) => {
  const google = await startGoogle(t)
  const { browser, log, signedIn } = await startApp(t, google, {
    routes(app) {
      app.get('/', () => 'home')
      const failing = (error: Error) => () => Promise.reject(error)
      app.get('/behind', { onRequest: app.googleAuth.required() }, failing(new GrantLostError('revoked')))
      app.get('/below-500', failing(new LoginRequiredError()))
      app.get('/from-500', failing(new StorageError()))
    }
  })
  const levels = async (...work: Parameters<typeof linesOf>): Promise<string[]> =>
    (await linesOf(...work)).map((line) => line.split(', ')[0]!)
  const ada = await signedIn()
  t.match(promised('behind a guard, '), 'what Fastify logs of an error')
  t.same(await levels(log, () => ada.fetch('/behind'), 401), ['`info`'])
  const below = await levels(log, () => browser().fetch('/below-500'), 401)
  const from = await levels(log, () => browser().fetch('/from-500'), 503)
  t.equal(promised('anywhere else: '), `what Fastify logs: ${below.join()} below 500, ${from.join()} from 500`)
})

t.test('security events', async (t) => {
  const google = await startGoogle(t)
  const { browser, log } = await startRiscApp(t, google)
  const row = promised('`/auth/risc`')
  const empty = () => browser().send('/auth/risc', { method: 'POST', body: '' })
  const [refused] = await linesOf(log, empty, 400)
  t.match(row, `400: ${refused}, or nothing for a body that is too long`)
  google.failNext('riscConfiguration', { status: 503, times: Infinity })
  const [late = ''] = await linesOf(log, () => google.risc.send('tokens-revoked', { sub: ADA.sub }), 503)
  const [level = '', words = ''] = late.split(', ')
  t.match(row, `503: ${words} as ${level}, or`)
})
