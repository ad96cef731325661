import t from 'tap'
import { readConfig } from '../../example-app/config.js'
import { misspelt } from '../../example-app/misspelt.js'

const SECRET = 'x'.repeat(32)

t.test('nothing has to be set', async (t) => {
  t.same(readConfig({}), { host: '127.0.0.1', emulator: { host: '127.0.0.1' }, logLevel: 'warn' })
  t.same(
    readConfig({
      PORT: '',
      REDIS_URL: '',
      AUTH_SECRET: '',
      GOOGLE_CLIENT_SECRETS: '',
      GOOGLE_EMULATOR: '',
      EMULATOR_PORT: '',
      PUBLIC_URL: ''
    }),
    readConfig({})
  )
})

t.test('everything can be', async (t) => {
  t.same(
    readConfig({
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: '8080',
      PUBLIC_URL: 'https://app.example.com/',
      GOOGLE_CLIENT_SECRETS: 'client_secrets.json',
      REDIS_URL: 'redis://localhost',
      AUTH_SECRET: SECRET,
      LOG_LEVEL: 'info'
    }),
    {
      host: '0.0.0.0',
      port: 8080,
      publicUrl: 'https://app.example.com',
      clientSecretsFile: 'client_secrets.json',
      emulator: { host: '127.0.0.1' },
      redisUrl: 'redis://localhost',
      secret: SECRET,
      logLevel: 'info'
    }
  )
})

t.test('what is wrong is told', async (t) => {
  for (const PORT of ['x', '0', '70000', '1.5']) t.throws(() => readConfig({ PORT }), /PORT must/)
  for (const PUBLIC_URL of ['app.example.com', 'https://app.example.com/base', 'ftp://x']) {
    t.throws(() => readConfig({ PUBLIC_URL }), /PUBLIC_URL must/)
  }
  t.throws(() => readConfig({ REDIS_URL: 'redis://localhost' }), /AUTH_SECRET must/)
  t.throws(() => readConfig({ GOOGLE_CLIENT_SECRETS: 'x' }), /AUTH_SECRET must/)
  for (const GOOGLE_EMULATOR of ['true', '0', 'yes']) {
    t.throws(() => readConfig({ GOOGLE_EMULATOR }), /GOOGLE_EMULATOR must be 1 or empty/)
  }
  t.throws(
    () => readConfig({ GOOGLE_EMULATOR: '1', GOOGLE_CLIENT_SECRETS: 'x', AUTH_SECRET: SECRET }),
    /GOOGLE_EMULATOR or GOOGLE_CLIENT_SECRETS/
  )
})

t.test('in production the emulator runs only where it is asked for by name', async (t) => {
  for (const env of [{}, { GOOGLE_CLIENT_SECRETS: '' }, { GOOGLE_CLIENT_SECRET: 'x' }, { EMULATOR_PORT: '3001' }]) {
    t.throws(() => readConfig({ ...env, NODE_ENV: 'production' }), /GOOGLE_CLIENT_SECRETS must .*GOOGLE_EMULATOR=1/)
  }
  t.equal(readConfig({ NODE_ENV: 'production', GOOGLE_EMULATOR: '1' }).clientSecretsFile, undefined)
})

t.test('nobody outside reaches an emulator that was not asked for by name', async (t) => {
  const env = { HOST: '0.0.0.0', EMULATOR_PORT: '3001' }
  t.same(readConfig(env).emulator, { host: '127.0.0.1', port: 3001 })
  t.same(readConfig({ ...env, GOOGLE_EMULATOR: '1' }).emulator, { host: '0.0.0.0', port: 3001 })
})

t.test('variables that look misspelt are named', async (t) => {
  const meant = {
    GOOGLE_CLIENT_SECRET: 'GOOGLE_CLIENT_SECRETS',
    GOOGLE_CLIENTS_SECRETS: 'GOOGLE_CLIENT_SECRETS',
    GOOGLE_CLIENT_SECRETS_FILE: 'GOOGLE_CLIENT_SECRETS',
    google_client_secrets: 'GOOGLE_CLIENT_SECRETS',
    GOGLE_EMULATOR: 'GOOGLE_EMULATOR',
    AUTH_SECRETS: 'AUTH_SECRET',
    REDIS_URI: 'REDIS_URL',
    PUBLICURL: 'PUBLIC_URL',
    EMULATORPORT: 'EMULATOR_PORT',
    LOGLEVEL: 'LOG_LEVEL'
  }
  for (const [name, setting] of Object.entries(meant)) {
    t.same(misspelt({ [name]: 'x' }), [`${name} is set and means nothing here: is ${setting} meant?`])
  }
  t.same(misspelt({ GOOGLE_CLIENT_SECRET: 'x', GOOGLE_CLIENT_SECRETS: 'y' }), [], 'both are there: one is not ours')
  t.same(misspelt({ GOOGLE_CLIENT_SECRET: '' }), [], 'an empty one is not set')
  const foreign =
    'PATH HOME HOSTNAME SHELL PWD TERM USER LANG NODE_ENV GOOGLE_CLIENT_ID GOOGLE_CLOUD_PROJECT POSTGRES_URL'
  t.same(misspelt(Object.fromEntries(foreign.split(' ').map((name) => [name, 'x']))), [])
})
