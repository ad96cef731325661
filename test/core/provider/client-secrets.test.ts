import { InvalidClientSecretsError, UnknownClientSecretsFlowError } from '../../../src/core/errors/setup.js'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import {
  flowFromClientSecrets,
  loadClientSecrets,
  OAuth2WebServerFlow,
  parseClientSecrets,
  ServiceAccountCredentials
} from '../../../src/core.js'
import { caught } from '../../support/caught.js'

const CLIENT = {
  client_id: 'id.apps.googleusercontent.com',
  project_id: 'project',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: 'https://oauth2.googleapis.com/token',
  auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
  client_secret: 'GOCSPX-s3cr3t',
  redirect_uris: ['https://app.example.com/auth/return']
}

t.test('both kinds are read, from a file and from its content', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'client-secrets-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'client_secrets.json')
  for (const kind of ['web', 'installed'] as const) {
    const content = { [kind]: { ...CLIENT, redirect_uris: ['http://localhost'] } }
    const expected = {
      kind,
      clientId: CLIENT.client_id,
      clientSecret: CLIENT.client_secret,
      authUri: CLIENT.auth_uri,
      tokenUri: CLIENT.token_uri,
      redirectUris: ['http://localhost']
    }
    t.same(parseClientSecrets(content), expected)
    await writeFile(path, JSON.stringify(content))
    t.same(await loadClientSecrets(path), expected)
    const flow = await flowFromClientSecrets(path, { scope: 'openid', redirectUri: 'http://localhost' })
    t.ok(flow instanceof OAuth2WebServerFlow)
    t.match(
      (await flow.step1GetAuthorizeUrl()).url,
      /^https:\/\/accounts\.google\.com\/o\/oauth2\/auth\?.*client_id=id\.apps/
    )
  }
  await writeFile(path, '{"web":{"client_secret":"GOCSPX-s3cr3t"')
  for (const wrong of [path, join(folder, 'none.json'), folder]) {
    const error: any = await flowFromClientSecrets(wrong, { scope: 'openid', redirectUri: 'x' }).catch(
      (e: unknown) => e
    )
    t.ok(error instanceof InvalidClientSecretsError)
    t.ok(error.message.includes(wrong), 'names the file')
    t.notMatch(`${error.message} ${String(error.cause)}`, /s3cr3t/)
  }
})

t.test('a file that cannot be read is named by its whole path, with the reason', async (t) => {
  for (const [path, code] of [
    ['no-such-secrets.json', 'ENOENT'],
    ['./test/../no-such-secrets.json', 'ENOENT'],
    ['test', 'EISDIR']
  ] as const) {
    const error = await caught(loadClientSecrets(path))
    t.ok(error instanceof InvalidClientSecretsError)
    t.ok(error.message.includes(` ${resolve(path)} `), error.message)
    t.ok(error.message.includes(code))
    const key = await caught(ServiceAccountCredentials.fromKeyFile(path))
    t.ok(key.message.includes(` ${resolve(path)} `), key.message)
    t.ok(key.message.includes(code))
  }
})

t.test('an error names the field, and never shows the value', async (t) => {
  const web = (changes: object): object => ({ web: { ...CLIENT, ...changes } })
  const cases: [unknown, RegExp][] = [
    [null, /must be an object/],
    [[], /must be an object/],
    ['{}', /must be an object/],
    [{}, /is empty/],
    [{ web: CLIENT, installed: CLIENT }, /and has 2/],
    [{ web: null }, /"web" must be an object/],
    [{ installed: { ...CLIENT, client_secret: undefined } }, /"installed\.client_secret" is missing/],
    ...(['client_id', 'client_secret', 'auth_uri', 'token_uri'] as const).flatMap((field): [unknown, RegExp][] => [
      [web({ [field]: undefined }), new RegExp(`"web.${field}" is missing`)],
      [web({ [field]: '' }), new RegExp(`"web.${field}" must be a text`)],
      [web({ [field]: 5 }), new RegExp(`"web.${field}" must be a text`)],
      [web({ [field]: '[[INSERT HERE]]' }), new RegExp(`"web.${field}" is a placeholder`)]
    ]),
    [web({ token_uri: 'http://evil.example/' }), /"web\.token_uri" must be an https URL/],
    [web({ auth_uri: 'not a URL' }), /"web\.auth_uri" must be an https URL/],
    [web({ redirect_uris: undefined }), /"web\.redirect_uris" is missing/],
    [web({ redirect_uris: 'https://x' }), /"web\.redirect_uris" must be a list/],
    [web({ redirect_uris: [5] }), /"web\.redirect_uris" must be a list/]
  ]
  for (const [content, message] of cases) {
    try {
      parseClientSecrets(content, 'The file x.json')
      t.fail(`was taken: ${String(message)}`)
    } catch (error) {
      t.ok(error instanceof InvalidClientSecretsError, String(message))
      t.match((error as Error).message, message)
      t.match((error as Error).message, /^The file x\.json/)
      t.notMatch((error as Error).message, /s3cr3t/)
    }
  }
})

t.test('other kinds have their own error, which names the key of a service account', async (t) => {
  t.throws(() => parseClientSecrets({ other: CLIENT }), UnknownClientSecretsFlowError)
  t.throws(() => parseClientSecrets({ type: 'service_account', private_key: 'x' }), {
    name: 'UnknownClientSecretsFlowError',
    message: /ServiceAccountCredentials/
  })
})
