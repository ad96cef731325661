import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { buildApp } from './app.js'
import { readConfig } from './config.js'
import { embeddedGoogle } from './embedded-google.js'
import { firstFreePort } from './free-port.js'
import { realGoogle } from './google.js'
import { misspelt } from './misspelt.js'

const FIRST_PORT = 3000

async function start(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  const config = readConfig(process.env)
  const { host, clientSecretsFile, redisUrl, logLevel, emulator } = config

  // Google sends users back only to the registered address, so with the real Google another port would not do.
  const mayMove = config.publicUrl === undefined && clientSecretsFile === undefined
  const port = config.port ?? (mayMove ? await firstFreePort(host, FIRST_PORT) : FIRST_PORT)
  const publicUrl = config.publicUrl ?? `http://localhost:${port}`

  const google = clientSecretsFile ? realGoogle(clientSecretsFile) : await embeddedGoogle(publicUrl, emulator)
  const app = await buildApp({
    publicUrl,
    google,
    secret: config.secret ?? randomBytes(32).toString('hex'),
    ...(redisUrl && { redis: redisUrl }),
    logger: { level: logLevel }
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
  await app.listen({ host, port })

  if (google.isEmulator) {
    console.log('Signing in at a Google emulator, with made-up accounts. Set GOOGLE_CLIENT_SECRETS for the real one.')
  }
  for (const hint of misspelt(process.env)) console.error(hint)
  console.log(`Open ${publicUrl}`)
}

try {
  await start()
} catch (error) {
  console.error(error instanceof Error ? [error.message, ...misspelt(process.env)].join(' ') : error)
  process.exit(1)
}
