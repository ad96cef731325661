import { buildApp } from './app.js'
import { googleOf, startEmulator } from './google.js'
import { nightly } from './nightly.js'
import { Users } from './users.js'

const {
  PORT = '3100',
  PUBLIC_URL: publicUrl = `http://localhost:${PORT}`,
  DATABASE = 'connect-example.sqlite'
} = process.env
const emulator = process.env['GOOGLE_CLIENT_SECRETS'] ? undefined : await startEmulator(process.env, publicUrl)
const google = googleOf(process.env)
const users = new Users(DATABASE)
const app = await buildApp({ publicUrl, google, users, redis: process.env['REDIS_URL'] })
app.addHook('onClose', async () => {
  users.close()
  await emulator?.close()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
// Without Redis the grants are in this process, so the job runs here.
process.on(
  'SIGUSR2',
  () =>
    void nightly(app, google.calendarRootUrl).then(
      (counts) => console.log(JSON.stringify(counts)),
      (error: unknown) => app.log.error({ err: error }, 'The nightly job failed')
    )
)
await app.listen({ host: process.env['HOST'] ?? '127.0.0.1', port: Number(PORT) })
if (emulator) console.log('It works with a Google emulator: made-up accounts, and nothing leaves this machine.')
console.log(`The nightly job runs in this process by: kill -USR2 ${process.pid}`)
console.log(`Open ${publicUrl}`)
