import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { freePort } from '../support/redis.js'
import { startGoogle, startRedisFor } from '../support/app.js'
import { serve } from '../support/local-server.js'
import { checkIssuer } from '../../src/cli/doctor/issuer.js'
import { cli } from './cli.js'

const RETURN = 'http://127.0.0.1:3000/auth/return'
const SECRET = 'GOCSPX-never-shown'

const fileWith = (folder: string, changes: object, kind = 'web'): string => {
  const file = join(folder, 'client_secrets.json')
  const client = {
    client_id: 'id',
    client_secret: SECRET,
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    redirect_uris: [RETURN, 'https://app.example.com/auth/return'],
    ...changes
  }
  writeFileSync(file, JSON.stringify({ [kind]: client }))
  return file
}

t.test('all is well', async (t) => {
  const google = await startGoogle(t)
  const redis = await startRedisFor(t)
  const file = join(t.testdir({}), 'client_secrets.json')
  writeFileSync(file, JSON.stringify(google.clientSecrets))
  const asked = ['--client-secrets', file, '--redirect-uri', RETURN, '--issuer', google.issuer, '--redis', redis.url]
  const { code, out, err } = await cli(t, ['doctor', ...asked])
  t.equal(err, '')
  t.equal(code, 0, out)
  t.match(out, /All is well\.\n$/)
  for (const said of [
    /kind "web" with 2 redirect/,
    /letter for letter/,
    /2 keys/,
    /agrees/,
    /noeviction/,
    /CLIENT TRACKING/
  ])
    t.match(out, said)
  t.notMatch(out, /WRONG/)
  t.notMatch(out, google.clientSecrets.web.client_secret)
})

t.test('a client_secrets.json that is missing, no JSON, not whole, or of another kind', async (t) => {
  const folder = t.testdir({ broken: `{"client_secret": "${SECRET}"`, robot: '{"type": "service_account"}' })
  const looks = async (file: string) => cli(t, ['doctor', '--client-secrets', file])
  const wrong = async (file: string, said: RegExp) => {
    const { code, out, err } = await looks(file)
    t.equal(code, 1)
    t.match(out, said)
    t.match(out, /One thing is wrong\.\n$/)
    t.notMatch(out + err, SECRET)
    t.notMatch(out + err, /\n\s+at /)
  }
  await wrong(join(folder, 'nowhere.json'), /WRONG .*nowhere\.json cannot be read \(ENOENT\)\. Download/)
  await wrong(join(folder, 'broken'), /is not JSON/)
  await wrong(join(folder, 'robot'), /service account/)
  await wrong(fileWith(folder, { client_id: '' }), /"web\.client_id" must be/)
  await wrong(fileWith(folder, { redirect_uris: [] }), /Nobody can return[^]*To mend it: Register/)
  await wrong(
    fileWith(folder, { redirect_uris: [RETURN, 'http://app.example.com/x'] }),
    /http:\/\/app\.example\.com\/x in the file is neither/
  )
  t.equal((await looks(fileWith(folder, { redirect_uris: [] }, 'installed'))).code, 0)
})

t.test('a redirect URI that is not registered, and what it differs by', async (t) => {
  const file = fileWith(t.testdir({}), {})
  const near: [uri: string, said: RegExp][] = [
    ['https://other.example.com/x', /is not registered with the client in the file\.\n[^]*letter for letter/],
    ['https://app.example.com/auth/return/', /app\.example\.com\/auth\/return is, which differs by a slash/],
    ['https://app.example.com:8443/auth/return', /differs by the port/],
    ['http://127.0.0.1:3001/auth/return', /differs by the host or the port/],
    ['https://127.0.0.1:3000/auth/return', /differs by the scheme/],
    ['http://app.example.com/auth/return', /neither https nor http on a loopback host/],
    ['https://u:pw@app.example.com/auth/return', /a user, a password, a query or a fragment/],
    ['https://app.example.com/auth/return#', /a user, a password, a query or a fragment/],
    ['https://app.example.com/auth/return?x=1', /a user, a password, a query or a fragment/],
    ['http://u:pw@app.example.com/auth/return', /http:\/\/app\.example\.com\/auth\/return is neither/],
    ['nonsense', /What was given is neither/]
  ]
  for (const [uri, said] of near) {
    const { code, out } = await cli(t, ['doctor', '--client-secrets', file, '--redirect-uri', uri])
    t.equal(code, 1, uri)
    t.match(out, said)
    t.notMatch(out, 'pw')
  }
  const strange = fileWith(t.testdir({}), { redirect_uris: ['https://a.example/b', RETURN] })
  t.equal((await cli(t, ['doctor', '--client-secrets', strange, '--redirect-uri', RETURN])).code, 0)
  const odd = fileWith(t.testdir({}), { redirect_uris: ['://'] })
  t.match((await cli(t, ['doctor', '--client-secrets', odd, '--redirect-uri', RETURN])).out, /2 things are wrong/)
})

t.test('a redirect URI by itself, in production, and of an installed client', async (t) => {
  t.equal((await cli(t, ['doctor', '--redirect-uri', 'https://app.example.com/auth/return'])).code, 0)
  const { code, out } = await cli(t, ['doctor', '--redirect-uri', RETURN], { NODE_ENV: 'production' })
  t.equal(code, 1)
  t.match(out, /NODE_ENV is production/)
  const file = fileWith(t.testdir({}), { redirect_uris: ['http://localhost'] }, 'installed')
  t.equal((await cli(t, ['doctor', '--client-secrets', file, '--redirect-uri', 'http://127.0.0.1:4567'])).code, 0)
})

t.test('an issuer that cannot be read, or is not what it says', async (t) => {
  let document: unknown = null
  let jwks: unknown = { keys: [] }
  let status = 200
  const server = await serve(t, (request, response) => {
    response.statusCode = status
    response.end(JSON.stringify(request.url === '/jwks' ? jwks : document))
  })
  const looks = (issuer = server) => cli(t, ['doctor', '--issuer', issuer])
  const wrong = async (said: RegExp, issuer?: string) => {
    const { code, out } = await looks(issuer)
    t.equal(code, 1)
    t.match(out, said)
  }
  const good = {
    issuer: server,
    authorization_endpoint: `${server}/a`,
    token_endpoint: `${server}/t`,
    jwks_uri: `${server}/jwks`
  }
  await wrong(/cannot be an issuer/, 'http://accounts.example.com')
  await wrong(/https:\/\/x\.example\/ cannot be an issuer/, 'https://user:pw@x.example')
  await wrong(/\(ECONNREFUSED\)[^]*network/, `http://127.0.0.1:${await freePort()}`)
  await wrong(/does not answer with a JSON object/)
  document = {}
  await wrong(/names no issuer/)
  document = { ...good, issuer: 'https://another.example' }
  await wrong(/names https:\/\/another\.example, and not http:/)
  document = { ...good, token_endpoint: 'http://evil.example', jwks_uri: 1 }
  await wrong(/no usable token_endpoint and no usable jwks_uri/)
  document = good
  await wrong(/has no RSA key/)
  jwks = { keys: [{ kty: 'EC' }, { kty: 'RSA', use: 'enc' }] }
  await wrong(/has no RSA key/)
  jwks = null
  await wrong(/WRONG {2}keys .*JSON object/)
  jwks = { keys: [{ kty: 'RSA' }] }
  t.match((await looks()).out, /1 key for ID tokens/)
  status = 404
  await wrong(/answers 404/)
})

t.test('an issuer that says nothing, or has no date', async (t) => {
  const timeout: typeof fetch = async () => Promise.reject(new DOMException('late', 'TimeoutError'))
  t.match(await checkIssuer('https://x.example', timeout), [{ text: /no answer in time/ }])
  const strange: typeof fetch = async () => Promise.reject(new TypeError('?'))
  t.match(await checkIssuer('https://x.example', strange), [{ text: /no connection/ }])
  const ofTwo: typeof fetch = async () => Response.json({ issuer: 'x' })
  t.equal((await checkIssuer('https://x.example', ofTwo)).length, 1)
  // From a cache, an hour old.
  const cached: typeof fetch = async () =>
    Response.json({}, { headers: { date: new Date(0).toUTCString(), age: '3600' } })
  t.match(await checkIssuer('https://x.example', cached, () => 3_600_000), [{}, { about: 'clock', isWrong: false }])
})

t.test('a clock that is wrong', async (t) => {
  const google = await startGoogle(t)
  for (const [minutes, said] of [
    [10, 'behind'],
    [-10, 'ahead of']
  ] as const) {
    google.skewClock(minutes * 60_000)
    const found = await checkIssuer(google.issuer)
    const clock = found.find(({ about }) => about === 'clock')
    t.match(clock, { isWrong: true, fix: /timedatectl/ })
    t.match(clock!.text, new RegExp(`(59\\d|60\\d) s ${said} that of the issuer`))
  }
})

t.test('a Redis that is closed, wants a password, evicts, forbids, follows, or is none', async (t) => {
  const looks = (url: string) => cli(t, ['doctor', '--redis', url])
  const wrong = async (url: string, said: RegExp) => {
    const { code, out, err } = await looks(url)
    t.equal(code, 1)
    t.match(out, said)
    t.notMatch(out + err, 'hunter2')
  }
  const closed = await freePort()
  await wrong(
    `redis://:hunter2@127.0.0.1:${closed}`,
    new RegExp(`127\\.0\\.0\\.1:${closed} .*\\(ECONNREFUSED\\)[^]*Start it`)
  )
  await wrong('http://:hunter2@127.0.0.1', /not the URL of a Redis/)
  await wrong('hunter2', /not the URL of a Redis/)

  const locked = await startRedisFor(t, { args: ['--maxmemory-policy', 'volatile-lru'] })
  const admin = locked.client()
  await wrong(locked.url, /maxmemory-policy is volatile-lru[^]*noeviction/)
  await admin.config('SET', 'maxmemory-policy', 'noeviction')
  await admin.call('ACL', 'SETUSER', 'plain', 'on', '>hunter2', '~*', '&*', '+@all', '-client|tracking')
  await wrong(locked.url.replace('//', '//plain:hunter2@'), /refuses CLIENT TRACKING/)
  await admin.call('ACL', 'SETUSER', 'blind', 'on', '>hunter2', '~*', '&*', '+@all', '-info')
  await wrong(locked.url.replace('//', '//blind:hunter2@'), /\(NOPERM\)[^]*INFO/)
  await wrong(locked.url.replace('//', '//plain:hunter2x@'), /\(WRONGPASS\)/)
  await admin.config('SET', 'requirepass', 'hunter2')
  await wrong(locked.url, /\(NOAUTH\)/)

  const master = await startRedisFor(t)
  const replica = await startRedisFor(t, { args: ['--replicaof', '127.0.0.1', String(master.port)] })
  await wrong(replica.url, /is a replica/)
  const cluster = await startRedisFor(t, { args: ['--cluster-enabled', 'yes'] })
  await wrong(cluster.url, /node of a Cluster/)
  const sentinel = await startRedisFor(t, { sentinel: [`sentinel monitor m 127.0.0.1 ${master.port} 1`] })
  await wrong(sentinel.url, /is a sentinel/)
})

t.test('what stands in the place of a Redis, and says nothing or something old', async (t) => {
  const silent = createServer(() => undefined)
  const old = createServer((socket) => {
    const info =
      'redis_version:6.2.1\r\nredis_mode:standalone\r\nrole:master\r\nmaxmemory_policy:noeviction\r\nloading:0\r\n'
    socket.on('data', (data) => {
      for (const [, command = ''] of String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        socket.write(/^info$/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n')
      }
    })
  })
  const urls: string[] = []
  for (const server of [silent, old]) {
    t.teardown(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    urls.push(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }
  t.match((await cli(t, ['doctor', '--redis', urls[0]!])).out, /no answer in time[^]*TLS/)
  t.match((await cli(t, ['doctor', '--redis', urls[1]!])).out, /runs version 6\.2\.1[^]*Upgrade/)
})
