import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { OAuth2WebServerFlow } from '../../src/core.js'
import { EmulatorPageError } from '../../src/emulator.js'
import { walkThrough } from '../../src/emulator/control/browserless.js'
import { cli, inProcess, start } from './cli.js'

const CALM = { wanted: null, hinted: null, decision: 'continue', untick: [] } as const

/** The lines that the running program has printed until it is ready. */
async function announced(t: Test, args: string[]) {
  const child = start(t, ['emulator', '--port', '0', ...args])
  const closed = once(child, 'close') as Promise<[number]>
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  const text = lines.join('\n')
  const option = (name: string) => new RegExp(`^ {2}${name}: '(.*?)',?$`, 'm').exec(text)?.[1] ?? ''
  return { child, closed, text, option }
}

t.test('a sign-in with the options that it prints, until Ctrl-C', async (t) => {
  const { child, closed, text, option } = await announced(t, [])
  t.match(text, /^Google emulator: this is not Google/)
  t.ok(option('secret').length >= 32)
  const flow = new OAuth2WebServerFlow({
    issuer: option('issuer'),
    clientId: option('clientId'),
    clientSecret: option('clientSecret'),
    redirectUri: option('redirectUri'),
    scope: 'openid email'
  })
  const { url, attempt } = await flow.step1GetAuthorizeUrl()
  const credentials = await flow.step2Exchange(await walkThrough(url, CALM), attempt)
  t.match(credentials, { idToken: { email: 'ada@example.com' } })
  t.match(await (await fetch(`${option('issuer')}/emulator`)).text(), 'takes what Google takes')
  const file = JSON.parse(text.split('\n').find((line) => line.startsWith('{'))!)
  t.match(file, { web: { client_id: option('clientId'), redirect_uris: [option('redirectUri'), String] } })
  child.kill('SIGINT')
  t.same(await closed, [0, null])
  await t.rejects(fetch(option('issuer')))
})

t.test('users, redirect URIs and strictness of its own', async (t) => {
  const users = t.testdir({ 'users.json': JSON.stringify([{ email: 'mary@example.org', emailVerified: false }]) })
  const uri = 'https://app.example.com/return'
  const args = ['--users', join(users, 'users.json'), '--redirect-uri', uri, '--strict']
  const { child, closed, text, option } = await announced(t, args)
  t.match(text, /accounts +mary@example\.org\n/)
  t.equal(option('redirectUri'), uri)
  const query = new URLSearchParams({
    client_id: option('clientId'),
    redirect_uri: uri,
    response_type: 'code',
    scope: 'openid'
  })
  await t.rejects(walkThrough(`${option('issuer')}/o/oauth2/auth?${query.toString()}`, CALM), EmulatorPageError)
  child.kill('SIGTERM')
  t.same(await closed, [0, null])
})

t.test('it says what keeps it from starting', async (t) => {
  const fails = async (args: string[], said: RegExp, env: Record<string, string> = {}) => {
    const { code, out, err } = await cli(t, ['emulator', ...args], env)
    t.equal(code, 1)
    t.equal(out, '')
    t.match(err, said)
    t.notMatch(err, /\n\s+at /)
  }
  const server = createServer()
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await fails(['--port', String(port)], new RegExp(`Port ${port} is taken.*--port`))
  await fails(['--port', 'http'], /--port must be a number from 0 to 65535/)
  await fails(['--port', '65536'], /--port must be/)
  await fails(['--redirect-uri', 'http://app.example.com'], /cannot be registered/)
  await fails([], /NODE_ENV=production.*--allow-in-production/, { NODE_ENV: 'production' })
})

t.test('a users file that is wrong is named, with the entry', async (t) => {
  const files: Record<string, [text: string, said: RegExp]> = {
    broken: ['[', /broken is not JSON/],
    empty: ['[]', /must be a list of accounts/],
    object: ['{}', /must be a list of accounts/],
    number: ['[{"email": "a@b"}, 1]', /entry 2 must be an object/],
    field: ['[{"email": "a@b", "age": 1}]', /entry 1 has the unknown field "age"/],
    type: ['[{"email": "a@b", "name": 1}]', /entry 1 has a name that is no string/],
    flag: ['[{"email": "a@b", "emailVerified": "yes"}]', /emailVerified that is no boolean/],
    nobody: ['[{"name": "A"}]', /entry 1 has no email/],
    twins: ['[{"email": "a@b"}, {"email": "A@b"}]', /There is a user a@b/]
  }
  const folder = t.testdir(Object.fromEntries(Object.entries(files).map(([name, [text]]) => [name, text])))
  for (const [name, [, said]] of Object.entries(files)) {
    const { code, err } = await cli(t, ['emulator', '--port', '0', '--users', join(folder, name)])
    t.equal(code, 1)
    t.match(err, said, name)
  }
  t.match((await cli(t, ['emulator', '--users', join(folder, 'nowhere')])).err, /nowhere cannot be read \(ENOENT\)/)
})

t.test('in production when it is told to; the default port is always the same', async (t) => {
  const asked = ['emulator', '--allow-in-production', '--port', '0']
  const { code, out } = await inProcess(asked, { NODE_ENV: 'production' })
  t.equal(code, 0)
  t.match(out, /issuer +http:\/\/127\.0\.0\.1:\d+\n/)
  t.match((await inProcess(['emulator', '--help'])).out, /default 9400/)
})
