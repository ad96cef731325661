/** `risc`: the stream of security events of a project, by a service account. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startGoogle } from '../support/app.js'
import { eventually } from '../support/redis.js'
import { startRiscApp } from '../support/risc.js'
import { cli, inProcess } from './cli.js'

const folder = mkdtempSync(join(tmpdir(), 'risc-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const google = await startGoogle(t)
const key = join(folder, 'key.json')
writeFileSync(key, JSON.stringify(await google.createServiceAccount()))
const common = ['--key', key, '--api', google.issuer]
/** `cli` runs a command twice, which would hide what the first run changes. */
const risc = (...args: string[]) => inProcess(['risc', ...args])

t.test('register, status, verify, disable, and register again', async (t) => {
  t.match(await cli(t, ['risc', 'status', ...common]), { code: 1, out: /No stream is registered/ })
  t.match(await cli(t, ['risc', 'verify', ...common]), { code: 1, out: '', err: /answered with 404[^]*risc register/ })
  const old = 'https://old.example.com/risc'
  t.match(await risc('register', ...common, '--url', old), {
    code: 0,
    out: /^Google sends security events to https:\/\/old/
  })

  const { app, origin, told } = await startRiscApp(t, google)
  google.risc.stream()!.url = old
  const url = `${origin}/auth/risc`
  const registered = await risc('register', ...common, '--url', url)
  t.match(registered, { code: 0, err: '', out: `It replaces ${old}, which gets no more events.` })
  t.match(await cli(t, ['risc', 'register', ...common, '--url', url]), { code: 0, out: /^Google sends/ })
  const status = await cli(t, ['risc', 'status', ...common])
  t.match(status, { code: 0, out: `url     ${url}\nstatus  enabled\nevent   https://` })
  t.equal(status.out.match(/^event /gm)?.length, 7)

  const { out } = await risc('verify', ...common)
  const state = /with the state (\S+)\./.exec(out)?.[1]
  t.match(state, /^[\w-]{12}$/)
  await eventually(() => told.events.length > 0)
  t.same(told.events, [{ type: 'verification', owners: [], state }])

  t.match(await risc('disable', ...common), { code: 0, out: /no more security events/ })
  t.match(await risc('status', ...common), { out: /status  disabled/ })
  t.match(await risc('verify', ...common), { code: 1, err: /400: The stream is disabled\./ })
  await t.rejects(google.risc.send('sessions-revoked', { sub: 'x' }), { message: /disabled/ })
  t.match(await risc('register', ...common, '--url', url), { code: 0, out: /^Google sends/ })
  t.match(await risc('status', ...common), { out: /status  enabled/ })
  await app.close()
})

t.test('what is called wrongly', async (t) => {
  t.match(await cli(t, ['risc']), { code: 1, err: /Say what to do: register, status, verify, disable/ })
  t.match(await cli(t, ['risc', 'toString']), { code: 1, err: /Say what to do/ })
  t.match(await cli(t, ['risc', '--help']), { code: 0, out: /--key FILE/ })
  t.match(await cli(t, ['risc', 'status']), { code: 1, err: /--key is missing/ })
  t.match(await risc('register', ...common), { code: 1, err: /needs --url/ })
  t.match(await risc('register', ...common, '--url', 'http://example.com/risc'), {
    code: 1,
    err: /must be an https URL/
  })
  t.match(await risc('status', '--key', key, '--api', 'http://example.com'), { code: 1, err: /--api must be/ })
  t.match(await risc('status', '--key', join(folder, 'none.json')), { code: 1, err: /cannot be read \(ENOENT\)/ })
  const empty = join(folder, 'empty.json')
  writeFileSync(empty, '{}')
  t.match(await risc('status', '--key', empty), { code: 1, err: /"client_email" is missing/ })
})

t.test('what the API refuses is said, and what cannot be reached; the key stays a secret', async (t) => {
  const stranger = join(folder, 'stranger.json')
  const { private_key: pem } = await google.createServiceAccount()
  writeFileSync(
    stranger,
    JSON.stringify({ type: 'service_account', client_email: 'who@example.com', private_key: pem })
  )
  const refused = await cli(t, ['risc', 'status', '--key', stranger, '--api', google.issuer])
  t.match(refused, { code: 1, out: '', err: /stream was answered with 401[^]*clock of this machine/ })
  t.notMatch(refused.err, 'eyJ')
  t.notMatch(refused.err, pem.slice(40, 60))
  for (const [status, body, said] of [
    [403, { error: { message: 'Denied' } }, /403: Denied\. Give the service account the role/],
    [500, null, /answered with 500\.\n/],
    [200, null, /url|No stream/]
  ] as const) {
    const server = createServer((_, response) => void response.writeHead(status).end(JSON.stringify(body)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { code, out, err } = await risc('status', '--key', key, '--api', api)
    t.equal(code, 1)
    t.match(out + err, said)
    server.close()
  }
  t.match(await risc('status', '--key', key, '--api', 'http://127.0.0.1:1'), {
    code: 1,
    err: /cannot be reached \(ECONNREFUSED\)/
  })
})
