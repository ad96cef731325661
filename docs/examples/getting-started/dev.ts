import { startGoogleEmulator } from 'fastify-google-auth/emulator'
import { buildApp } from './app.js'

const port = Number(process.env['PORT'] ?? 3000)
const redirectUri = `http://localhost:${port}/auth/return`
const google = await startGoogleEmulator({ redirectUris: [redirectUri] })
const app = await buildApp(
  {
    clientSecrets: google.clientSecrets,
    issuer: google.issuer,
    apiOrigins: [google.apiOrigin],
    redirectUri,
    secret: 'for development only: 32 or more characters'
  },
  google.apiOrigin
)
await app.listen({ port })
console.log(`Open http://localhost:${port}`)
