import { CredentialsFormatError } from '../../../src/core/errors/setup.js'
import { StorageError } from '../../../src/core/errors/storage.js'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { FileStorage, OAuth2Credentials, Token } from '../../../src/core.js'
import { bodyOf, serve } from '../../support/local-server.js'
import { storageContract } from '../../support/storage-contract.js'

const FIGHTER = fileURLToPath(new URL('../../support/file-fighter.ts', import.meta.url))

/** What Python's file.Storage wrote, with made-up values. */
const BY_PYTHON = {
  access_token: 'ya29.python',
  client_id: 'python.apps.googleusercontent.com',
  client_secret: 'python-secret',
  refresh_token: '1//python',
  token_expiry: '2026-11-22T10:00:00Z',
  token_uri: 'https://oauth2.googleapis.com/token',
  user_agent: 'script/1.0',
  revoke_uri: 'https://oauth2.googleapis.com/revoke',
  id_token: { sub: '1', email: 'ada@example.com' },
  id_token_jwt: null,
  token_response: { access_token: 'ya29.python', expires_in: 3599 },
  scopes: ['https://www.googleapis.com/auth/calendar', 'https://www.googleapis.com/auth/userinfo.email'],
  token_info_uri: 'https://oauth2.googleapis.com/tokeninfo',
  invalid: false,
  _class: 'OAuth2Credentials',
  _module: 'oauth2client.client',
  something_else: ['kept']
}

async function folder(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'file-storage-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

const json = async (path: string): Promise<any> => JSON.parse(await readFile(path, 'utf8'))
const token = (accessToken: string): Token => Token.from({ accessToken, scopes: [] })

function fighter(t: Test, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', FIGHTER, ...args], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

t.test('the contract of every storage', async (t) => {
  const where = await folder(t)
  let count = 0
  storageContract(t, () => {
    const path = join(where, `slot-${count++}.json`)
    return { one: new FileStorage(path), other: new FileStorage(path) }
  })
})

t.test('a file by Python is read, refreshed in place, and Python finds what it knows', async (t) => {
  const origin = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      t.equal(new URLSearchParams(body.toString()).get('refresh_token'), '1//python')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'ya29.new', token_type: 'Bearer', expires_in: 3600 }))
    })
  })
  const path = join(await folder(t), 'credentials.json')
  await writeFile(path, JSON.stringify(BY_PYTHON), { mode: 0o644 })
  const storage = new FileStorage(path)
  const held = await storage.get()
  t.match(held, { accessToken: 'ya29.python', refreshToken: '1//python', expiresAt: Date.UTC(2026, 10, 22, 10) })
  const now = Date.UTC(2026, 10, 22, 11)
  const credentials = new OAuth2Credentials({
    token: held!,
    clientId: BY_PYTHON.client_id,
    tokenUri: `${origin}/token`,
    storage,
    now: () => now
  })
  t.equal((await credentials.token()).accessToken, 'ya29.new')
  const { fastify_google_auth, ...file } = await json(path)
  t.same(file, {
    ...BY_PYTHON,
    access_token: 'ya29.new',
    token_expiry: '2026-11-22T12:00:00Z',
    token_response: null
  })
  t.same(fastify_google_auth, { expiresAt: now + 3_600_000, refreshedAt: now }, 'what Python has no place for')
  t.equal((await stat(path)).mode & 0o777, 0o600, 'for its owner alone, whatever it was')

  await writeFile(path, JSON.stringify({ ...file, token_expiry: '2026-11-22T13:00:00Z', fastify_google_auth }))
  t.equal((await storage.get())?.expiresAt, Date.UTC(2026, 10, 22, 13), 'a time that Python changed counts')
})

t.test('a new file names the client that the option gives', async (t) => {
  const path = join(await folder(t), 'credentials.json')
  await writeFile(path, '')
  const client = { clientId: 'id.apps', clientSecret: 'secret', tokenUri: 'https://token.example/' }
  const storage = new FileStorage(path, client)
  t.equal(await storage.get(), null, 'an empty file, as Python makes them, is none')
  await storage.put(Token.from({ accessToken: 'a', refreshToken: 'r', scopes: ['openid'] }))
  t.same(await json(path), {
    access_token: 'a',
    client_id: 'id.apps',
    client_secret: 'secret',
    refresh_token: 'r',
    token_expiry: null,
    token_uri: 'https://token.example/',
    user_agent: null,
    revoke_uri: null,
    id_token: null,
    id_token_jwt: null,
    token_response: null,
    scopes: ['openid'],
    token_info_uri: null,
    invalid: false,
    _class: 'OAuth2Credentials',
    _module: 'oauth2client.client'
  })
  await new FileStorage(path).put(token('b'))
  t.match(await json(path), { access_token: 'b', refresh_token: null, client_id: 'id.apps', client_secret: 'secret' })
  t.same(await readdir(join(path, '..')), ['credentials.json'], 'nothing else is left there')
  t.equal((await stat(path)).mode & 0o777, 0o600)
})

t.test('a file that is cut off, foreign or a link is an error, and is left alone', async (t) => {
  const where = await folder(t)
  const path = join(where, 'file.json')
  const whole = JSON.stringify(BY_PYTHON)
  const texts = [
    whole.slice(0, 200),
    'PK\u0003\u0004 not text',
    '[]',
    '{"installed":{}}',
    JSON.stringify({ type: 'authorized_user', client_id: 'x', refresh_token: 'y' }),
    JSON.stringify({ ...BY_PYTHON, _class: 'ServiceAccountCredentials' }),
    JSON.stringify({ ...BY_PYTHON, _class: 'system', _module: 'os' }),
    JSON.stringify({ ...BY_PYTHON, access_token: 5 }),
    JSON.stringify({ ...BY_PYTHON, scopes: [1] }),
    JSON.stringify({ ...BY_PYTHON, fastify_google_auth: { grantedAt: 'yesterday' } })
  ]
  for (const text of texts) {
    await writeFile(path, text)
    const storage = new FileStorage(path)
    const calls = [
      () => storage.get(),
      () => storage.put(token('x')),
      () => storage.delete(),
      () => storage.update(() => null)
    ]
    for (const call of calls) {
      const error: Error = await call().then(
        () => new Error('was taken'),
        (error: unknown) => error as Error
      )
      t.ok(error instanceof CredentialsFormatError, `${text.slice(0, 30)}: ${error.message}`)
      t.ok(error.message.includes(path), 'names the file')
      t.notOk(/python-secret|1\/\/python/.test(JSON.stringify([error.message, String(error.cause)])))
    }
    t.equal(await readFile(path, 'utf8'), text)
  }
  const link = join(where, 'link.json')
  await writeFile(path, whole)
  await symlink(path, link)
  await t.rejects(new FileStorage(link).get(), { code: 'GOOGLE_AUTH_CREDENTIALS_FORMAT', message: /symbolic link/ })
  await t.rejects(new FileStorage(link).put(token('x')), { message: /symbolic link/ })
  t.ok((await lstat(link)).isSymbolicLink())
  t.equal(await readFile(path, 'utf8'), whole)
  await t.rejects(new FileStorage(where).get(), CredentialsFormatError, 'a folder')
  const pipe = join(where, 'pipe.json')
  execFileSync('mkfifo', [pipe])
  await t.rejects(new FileStorage(pipe).get(), CredentialsFormatError, 'a named pipe')
  await t.rejects(new FileStorage(pipe).put(token('x')), CredentialsFormatError)
  await t.rejects(new FileStorage(join(where, 'none', 'x.json')).put(token('x')), StorageError)
  t.throws(() => new FileStorage(''), TypeError)
})

t.test('processes that fight over one file lose nothing', async (t) => {
  const path = join(await folder(t), 'credentials.json')
  const fighters = [1, 2].map(() => fighter(t, path, 'counts', '15'))
  const codes = await Promise.all(fighters.map(async (child) => (await once(child, 'exit'))[0] as number))
  t.same(codes, [0, 0])
  t.equal((await new FileStorage(path).get())?.accessToken, '30')
})

t.test('nobody waits for a holder that was killed', async (t) => {
  const path = join(await folder(t), 'credentials.json')
  const storage = new FileStorage(path)
  await storage.put(token('old'))
  const child = fighter(t, path, 'holds')
  await once(child.stdout!, 'data')
  t.equal(
    (await storage.update(() => token('new'), { wait: false }))?.accessToken,
    'old',
    'the other process is at work'
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const before = Date.now()
  t.equal((await storage.update(() => token('new')))?.accessToken, 'new')
  t.ok(Date.now() - before < 8_000, `${Date.now() - before} ms`)
})

t.test('a writer that is killed in the middle leaves the whole file, old or new', async (t) => {
  const path = join(await folder(t), 'credentials.json')
  for (let round = 0; round < 2; round++) {
    const child = fighter(t, path, 'writes')
    await once(child.stdout!, 'data')
    await new Promise((resolve) => setTimeout(resolve, 20 + 17 * round))
    child.kill('SIGKILL')
    await once(child, 'exit')
    const storage = new FileStorage(path)
    t.match((await storage.get())?.accessToken, /^\d+-x{20000}$/)
    const before = Date.now()
    await storage.put(token(`after ${round}`))
    t.ok(Date.now() - before < 20_000, `its lock is taken over: ${Date.now() - before} ms`)
    t.equal((await storage.get())?.accessToken, `after ${round}`)
    t.same(await readdir(join(path, '..')), ['credentials.json'], 'nothing of the killed one is left')
  }
})

t.test('a holder that is stopped, and wakes up when others have gone on, writes nothing', async (t) => {
  const path = await folder(t).then((where) => join(where, 'credentials.json'))
  const storage = new FileStorage(path)
  for (const goOn of [
    () => storage.put(token('new')),
    async () => {
      await storage.delete()
      await storage.update(() => token('new'))
    }
  ]) {
    await storage.put(token('old'))
    const child = fighter(t, path, 'holds')
    await once(child.stdout!, 'data')
    child.kill('SIGSTOP')
    await goOn()
    child.kill('SIGCONT')
    child.stdin!.write('go on\n')
    const [told] = (await once(child.stdout!, 'data')) as [Buffer]
    t.equal(told.toString().trim(), 'new', 'its update gives what is stored')
    t.equal((await storage.get())?.accessToken, 'new')
    t.same(await readdir(join(path, '..')), ['credentials.json'])
  }
})

t.test('what Python writes during a change stays', async (t) => {
  const path = join(await folder(t), 'credentials.json')
  await writeFile(path, JSON.stringify(BY_PYTHON))
  const storage = new FileStorage(path)
  const result = await storage.update(async () => {
    await writeFile(path, JSON.stringify({ ...BY_PYTHON, access_token: 'ya29.python-2' }))
    return token('ours')
  })
  t.equal(result?.accessToken, 'ya29.python-2')
  t.equal((await json(path)).access_token, 'ya29.python-2')
  const moved = await storage.update(async () => {
    await rename(path, `${path}.old`)
    return token('ours')
  })
  t.equal(moved, null, 'and so does its absence')
})
