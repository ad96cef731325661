import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import pino from 'pino'
import t from 'tap'
import * as core from '../../src/core.js'
import { bodyOf, serve } from '../support/local-server.js'

/** Every text by which an object could reach a log, a template or another thread. */
function prints(value: unknown): string {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) })
  log.trace({ value, err: value, nested: { list: [value] } }, 'printed')
  log.error(value as object)
  const everything = {
    depth: Infinity,
    showHidden: true,
    getters: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity
  }
  const forms = [
    () => JSON.stringify(value),
    () => JSON.stringify({ deep: [value] }),
    () => String(value),
    () => `printed: ${value as string}`,
    () => inspect(value, everything),
    () => inspect({ deep: [value] }, everything),
    () => inspect(value),
    () => inspect(structuredClone(value), everything),
    () => JSON.stringify({ ...(value as object) }),
    () => JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(value as object))),
    () => (value instanceof Error ? `${value.message}\n${value.stack}\n${inspect(value.cause, everything)}` : '')
  ]
  for (const form of forms) {
    try {
      lines.push(form())
    } catch {
      // What cannot be printed prints nothing.
    }
  }
  return lines.join('\n')
}

/** The marks that `text` holds, as they are or as a URL, JSON, base64 or a form would carry them. */
function found(text: string, marks: string[]): string[] {
  return marks.filter((mark) =>
    [
      mark,
      encodeURIComponent(mark),
      JSON.stringify(mark).slice(1, -1),
      Buffer.from(mark).toString('base64url').slice(2, -4)
    ].some((form) => text.includes(form))
  )
}

/** A made-up secret, easily found again, with characters that URLs and JSON write in their own ways. */
const secret = fc
  .tuple(fc.stringMatching(/^[a-zA-Z0-9]{12}$/), fc.constantFrom('', '/', '+/=', ' "', '\\n', 'ü'))
  .map(([text, more]) => `s3cr3t-${text}${more}-end`)

const PEM = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()
const PEM_MARKS = PEM.split('\n')
  .filter((line) => line.length === 64)
  .slice(0, 3)

const keyFile = (token_uri = 'https://oauth2.googleapis.com/token'): object => ({
  type: 'service_account',
  client_email: 'robot@example.com',
  client_id: '1',
  private_key_id: 'k',
  private_key: PEM,
  token_uri
})

t.test('the search finds what is there', async (t) => {
  const mark = 's3cr3t-abc "/-end'
  for (const value of [
    { mark },
    { url: `https://x/?a=${encodeURIComponent(mark)}` },
    new Error(mark),
    { b: Buffer.from(mark).toString('base64url') }
  ])
    t.same(found(prints(value), [mark]), [mark])
  const deep = new Error('x', { cause: { config: { headers: { mark } } } })
  t.same(found(prints(deep), [mark]), [mark])
})

t.test('objects print redacted', async () => {
  await fc.assert(
    fc.asyncProperty(secret, secret, secret, secret, async (access, refresh, id, client) => {
      const marks = [access, refresh, id, client, ...PEM_MARKS]
      const token = core.Token.from({
        accessToken: access,
        refreshToken: refresh,
        idToken: id,
        scopes: ['openid'],
        expiresAt: 5
      })
      const user = new core.OAuth2Credentials({ token, clientId: 'c', clientSecret: client })
      const storage = new core.MemoryStorage(token)
      const robot = core.ServiceAccountCredentials.fromKey(keyFile(), { scopes: ['a'], subject: 'ada@example.com' })
      const flow = new core.OAuth2WebServerFlow({
        clientId: 'c',
        clientSecret: client,
        scope: 'openid',
        redirectUri: 'https://app.example.com/return'
      })
      const read = core.deserializeCredentials(user.serialize())
      await read.token().catch(() => undefined)
      const objects = [
        token,
        user,
        user.withStorage(storage),
        user.auth,
        user.authorize(),
        new core.AccessTokenCredentials(access),
        robot,
        robot.createDelegated('grace@example.com'),
        core.deserializeCredentials(robot.serialize()),
        read,
        storage,
        new core.FileStorage('/nowhere/x.json', { clientId: 'c', clientSecret: client }),
        flow,
        flow.client.provider
      ]
      for (const object of objects) {
        const leaked = found(prints(object), marks)
        if (leaked.length > 0) throw new Error(`${(object as object).constructor.name} prints ${leaked.join()}`)
      }
      // The one way out is one.
      if (found(user.serialize(), [access, refresh, client]).length !== 3)
        throw new Error('serialize() hides something')
    }),
    { numRuns: 6, endOnFailure: true }
  )
})

t.test('errors hold none of it, whichever way they come about', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'))
  t.teardown(() => rm(folder, { recursive: true }))
  // A provider that repeats all it was told, in every way that answers can go wrong.
  let mode = ''
  const echo = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      const told = `${body.toString()} ${request.headers.authorization ?? ''} ${decodeURIComponent(body.toString().replaceAll('+', ' '))}`
      const [status, text] = answers(told)[mode] ?? [200, told]
      if (mode === 'reset') request.socket.destroy()
      else
        response
          .writeHead(status, { 'content-type': 'application/json', 'retry-after': '60', 'www-authenticate': 'Bearer' })
          .end(text)
    })
  })
  const answers = (told: string): Record<string, [number, string]> => ({
    'refused in words': [400, JSON.stringify({ error: told, error_description: told })],
    'grant is lost': [400, JSON.stringify({ error: 'invalid_grant', error_description: told })],
    'client is refused': [401, JSON.stringify({ error: 'unauthorized_client', error_description: told })],
    'broken JSON': [200, `{"access_token":"${told}`],
    'other types': [200, JSON.stringify({ access_token: [told], token_type: told })],
    'no fields': [200, JSON.stringify({ [told]: told })],
    trouble: [503, told],
    moved: [302, told]
  })
  const modes = [...Object.keys(answers('')), 'reset']

  let failures = 0
  const property = (chosen: string) =>
    fc.asyncProperty(secret, secret, secret, async (access, refresh, client) => {
      mode = chosen
      const marks = [access, refresh, client, ...PEM_MARKS]
      const uris = { tokenUri: `${echo}/token`, revokeUri: `${echo}/revoke`, tokenInfoUri: `${echo}/info` }
      const user = (accessToken: string): core.OAuth2Credentials =>
        new core.OAuth2Credentials({
          token: {
            accessToken,
            refreshToken: refresh,
            idToken: access,
            expiresAt: accessToken === '' ? 1 : Date.now() + 1e6,
            scopes: []
          },
          clientId: 'c',
          clientSecret: client,
          ...uris
        })
      const flow = new core.OAuth2WebServerFlow({
        clientId: 'c',
        clientSecret: client,
        scope: 'openid',
        redirectUri: 'http://127.0.0.1/',
        ...uris
      })
      const { attempt } = await flow.step1GetAuthorizeUrl()
      const path = join(folder, 'file.json')
      const cut = user(access).serialize().slice(0, -40)
      await writeFile(path, cut)
      // Header values hold no such characters; a token with them never gets as far.
      const plain = access.replaceAll(/[^ -~]|"/g, '')
      const attempts: (() => unknown)[] = [
        () => user('').token(),
        () => user(plain).retrieveScopes(),
        () => user(access).revoke(),
        () => user(access).request({ url: echo }),
        () => user(access).authorize()(echo),
        () => new core.AccessTokenCredentials(access).revoke(),
        () => new core.AccessTokenCredentials(access).retrieveScopes(),
        () => core.ServiceAccountCredentials.fromKey(keyFile(`${echo}/token`), { scopes: ['a'], subject: 'x' }).token(),
        () => core.ServiceAccountCredentials.fromKey({ ...keyFile(), private_key: `-----BEGIN ${access}` }),
        () => flow.step2Exchange({ code: access, state: attempt.state }, attempt),
        () => flow.step2Exchange({ code: access, state: refresh }, attempt),
        () => flow.step2Exchange({ error: access, state: attempt.state }, attempt),
        () => flow.verifyIdToken(`${access}.${refresh}.${client}`),
        () => core.deserializeCredentials(cut),
        () => core.deserializeCredentials(`{"_class":"${access}"}`),
        () => core.deserializeCredentials(JSON.stringify({ type: 'authorized_user', client_id: [access] })),
        () => new core.FileStorage(path).get(),
        () => core.loadClientSecrets(path),
        () => core.parseClientSecrets({ web: { client_id: 'c', client_secret: client, auth_uri: access } }),
        () => core.Token.from({ accessToken: access, refreshToken: [refresh], scopes: [] } as never)
      ]
      await Promise.all(
        attempts.map(async (attempt) => {
          const error: unknown = await (async () => attempt())().then(
            () => null,
            (error: unknown) => error
          )
          if (error !== null) failures++
          const leaked = error === null ? [] : found(prints(error), marks)
          // What an API says is the caller's data; that its error holds no token of ours is said below.
          if (leaked.length > 0 && !(error instanceof core.GoogleApiError))
            throw new Error(`${chosen}: ${String(attempt)} leaks ${leaked.join()}: ${inspect(error)}`)
        })
      )
    })
  for (const chosen of modes) await fc.assert(property(chosen), { numRuns: 2, endOnFailure: true })
  t.ok(failures > modes.length * 2 * 14, `${failures} errors were looked through`)
})

t.test('an error of an API holds what the API said and what the caller passed, and no token', async (t) => {
  const origin = await serve(t, (_request, response) => response.writeHead(403).end('no'))
  const credentials = new core.AccessTokenCredentials('s3cr3t-token-end')
  const error = await credentials
    .request({ url: origin, headers: { 'x-mine': 'shown' } })
    .catch((error: unknown) => error)
  const text = prints(error)
  t.match(text, /shown/)
  t.same(found(text, ['s3cr3t-token-end']), [])
})
