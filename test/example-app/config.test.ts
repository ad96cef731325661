import t from 'tap'
import { readConfig } from '../../example-app/config.js'

const SECRET = 'x'.repeat(32)

t.test('nothing has to be set', async (t) => {
  t.same(readConfig({}), { host: '127.0.0.1', logLevel: 'warn' })
  t.same(
    readConfig({ PORT: '', REDIS_URL: '', AUTH_SECRET: '', GOOGLE_CLIENT_SECRETS: '', PUBLIC_URL: '' }),
    readConfig({})
  )
})

t.test('everything can be', async (t) => {
  t.same(
    readConfig({
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
})
