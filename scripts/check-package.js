/**
 * Checks the package as its users get it: packs it once, lets publint and Are The Types Wrong read the tarball, installs it
 * into an empty project, and there imports it (ESM), requires it (CommonJS), type-checks a file that uses it in every way in which
 * TypeScript resolves it, registers the plugin, runs the bin, and loads `/core` with neither fastify nor ioredis in reach.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = join(ROOT, 'node_modules', '.bin')
/** The overrides are those that the README gives to users of Node 20 who install with engine-strict. */
const { devDependencies, overrides } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'fastify-google-auth-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Exactly what oauth2client had and this package promises to have, in the main entry and in `/core`. */
const CORE_NAMES = [
  'flowFromClientSecrets',
  'OAuth2WebServerFlow',
  'Credentials',
  'OAuth2Credentials',
  'ServiceAccountCredentials',
  'AccessTokenCredentials',
  'FileStorage',
  'deserializeCredentials',
  'verifyIdToken',
  'Token',
  'FlowExchangeError',
  'AccessTokenRefreshError',
  'TokenRevokeError',
  'InvalidClientSecretsError',
  'UnknownClientSecretsFlowError',
  'AccessTokenCredentialsError',
  'VerifyJwtTokenError'
]

const FILES = {
  'package.json': JSON.stringify({ name: 'consumer', private: true, type: 'module', overrides }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true
    },
    files: ['consumer.ts', 'core-consumer.ts']
  }),
  'tsconfig.core.json': JSON.stringify({ extends: './tsconfig.json', files: ['core-consumer.ts'] }),
  'consumer.ts': `
    import Fastify from 'fastify'
    import googleAuth, { OAuth2WebServerFlow } from 'fastify-google-auth'

    const app = Fastify()
    await app.register(googleAuth, {
      clientId: 'id',
      clientSecret: 'secret',
      redirectUri: 'http://localhost:3000/auth/return',
      secret: 'a secret of more than thirty-two characters'
    })
    app.get('/me', { onRequest: app.googleAuth.required() }, async (request) => request.googleUser?.sub)
    app.get('/x', { onRequest: app.googleAuth.required({ scopes: ['a'] }) }, async (request) => {
      const response: Response = await request.googleClient.fetch('https://www.googleapis.com/')
      return response.status
    })
    export const path: string = app.googleAuth.startUrl({ returnTo: '/' })
    export const Flow: typeof OAuth2WebServerFlow = OAuth2WebServerFlow
    // @ts-expect-error: an option that does not exist
    await app.register(googleAuth, { nonsense: true })
  `,
  'core-consumer.ts': `
    import { OAuth2WebServerFlow, Token, type Credentials } from 'fastify-google-auth/core'

    const flow = new OAuth2WebServerFlow({
      clientId: 'id',
      clientSecret: 'secret',
      scope: 'openid',
      redirectUri: 'http://localhost:3000/auth/return'
    })
    export const start = async () => (await flow.step1GetAuthorizeUrl()).url
    export const expiry = (token: Token): number | undefined => token.expiresAt
    export const get = (credentials: Credentials) => credentials.authorize()('https://www.googleapis.com/')
  `,
  'imports.js': `
    import assert from 'node:assert/strict'
    import plugin, * as main from 'fastify-google-auth'
    import * as core from 'fastify-google-auth/core'
    import * as emulator from 'fastify-google-auth/emulator'
    import * as testing from 'fastify-google-auth/testing'
    import { enableTelemetry } from 'fastify-google-auth/opentelemetry'
    assert.equal(typeof plugin, 'function')
    for (const name of ${JSON.stringify(CORE_NAMES)}) assert.equal(typeof core[name], 'function', 'core has ' + name)
    for (const name of Object.keys(core)) assert.equal(main[name], core[name], 'the main entry has ' + name + ' as well')
    assert.ok(Object.keys(emulator).length > 0)
    assert.equal(typeof testing.signIn, 'function')
    enableTelemetry()()
  `,
  'requires.cjs': `
    const assert = require('node:assert/strict')
    assert.equal(typeof require('fastify-google-auth').default, 'function')
    for (const name of ${JSON.stringify(CORE_NAMES)}) assert.ok(name in require('fastify-google-auth/core'), name)
  `,
  'registers.js': `
    import assert from 'node:assert/strict'
    import Fastify from 'fastify'
    import googleAuth from 'fastify-google-auth'
    const app = Fastify()
    await app.register(googleAuth, {
      clientId: 'id',
      clientSecret: 'secret',
      redirectUri: 'http://localhost:3000/auth/return',
      secret: 'a secret of more than thirty-two characters'
    })
    const { statusCode, headers } = await app.inject('/auth/start')
    assert.equal(statusCode, 302)
    assert.ok(String(headers.location).startsWith('https://accounts.google.com/'))
    await app.close()
  `,
  'core-alone.js': `
    import assert from 'node:assert/strict'
    import { existsSync } from 'node:fs'
    for (const name of ['fastify', 'ioredis', '@fastify']) assert.ok(!existsSync('node_modules/' + name))
    await import('fastify-google-auth/core')
  `
}

let failures = 0

/** Plain text, so that it can be judged: with both variables set Node would print a warning of its own. */
const env = { ...process.env, NO_COLOR: '1' }
delete env.FORCE_COLOR

/**
 * Runs one check; `judge` may overrule what counts as a failure by looking at the output.
 * @param {string} name
 * @param {string[]} command
 * @param {{ cwd?: string, judge?: (output: string, status: number | null) => boolean }} [options]
 */
const check = (name, [program = '', ...args], { cwd = folder, judge = (_output, status) => status === 0 } = {}) => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env
  })
  const output = `${stdout ?? ''}${stderr ?? ''}`.trim()
  const fine = judge(output, status)
  console.log(`${fine ? 'ok' : 'not ok'} - ${name}`)
  if (!fine) {
    failures += 1
    console.log(output.replaceAll(/^/gm, '    '))
  }
  return fine
}

/** TypeScript may find fault with the types of other packages; only ours and the consumer's own lines count. */
const ourTypesAreFine = (/** @type {string} */ output, /** @type {number | null} */ status) =>
  status === 0 ||
  (/error TS/.test(output) && !/^(\S*fastify-google-auth\/|core-consumer|consumer|error TS)/m.test(output))

/** How TypeScript is told to find packages: by Node's rules, or by those of bundlers. */
const MODULES = [
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler']
]

const silent = (/** @type {string} */ output, /** @type {number | null} */ status) => status === 0 && output === ''

for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)

if (check('npm pack', ['npm', 'pack', '--silent', '--pack-destination', folder], { cwd: ROOT })) {
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  const around = ['fastify', '@types/node', '@opentelemetry/api'].map((name) => `${name}@${devDependencies[name]}`)

  check('publint', [join(BIN, 'publint'), 'run', tarball, '--strict'])
  check('Are The Types Wrong', [join(BIN, 'attw'), tarball, '--profile', 'esm-only', '--no-emoji'])
  const install = ['npm', 'install', '--engine-strict', '--no-audit', '--no-fund', '--prefer-offline']
  if (check('npm install', [...install, tarball]) && check('npm install fastify', [...install, ...around])) {
    check('ESM import', ['node', 'imports.js'], { judge: silent })
    check('CommonJS require', ['node', 'requires.cjs'], { judge: silent })
    for (const [module, resolution] of MODULES) {
      for (const skipLibCheck of ['false', 'true']) {
        const as = ['--module', module, '--moduleResolution', resolution, '--skipLibCheck', skipLibCheck]
        const tsc = [join(BIN, 'tsc'), '--pretty', 'false', '-p', 'tsconfig.json', ...as]
        check(`types: ${as.join(' ')}`, tsc, { judge: ourTypesAreFine })
      }
    }
    check('plugin registers', ['node', 'registers.js'])
    check('bin', [
      'npx',
      '--no',
      'fastify-google-auth',
      'doctor',
      '--redirect-uri',
      'http://localhost:3000/auth/return'
    ])
    for (const name of ['fastify', 'fastify-plugin', '@fastify', 'ioredis']) {
      rmSync(join(folder, 'node_modules', name), { recursive: true, force: true })
    }
    check('core without fastify and ioredis', ['node', 'core-alone.js'], { judge: silent })
    check(
      'types of core without fastify and ioredis',
      [join(BIN, 'tsc'), '--pretty', 'false', '-p', 'tsconfig.core.json'],
      {
        judge: ourTypesAreFine
      }
    )
  }
}
process.exitCode = failures === 0 ? 0 : 1
