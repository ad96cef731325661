import { startGoogleEmulator } from 'fastify-google-auth/emulator'
import { buildApp } from './app.js'

const { PORT = '3200' } = process.env
const publicUrl = `http://localhost:${PORT}`
const client = { project: 'Calendar for agents', redirectUris: [`${publicUrl}/auth/return`] }
const emulator = await startGoogleEmulator({ clients: [client] })
const app = await buildApp({
  publicUrl,
  google: { clientSecrets: emulator.clientSecrets, issuer: emulator.issuer, apiOrigins: [emulator.apiOrigin] },
  calendarApi: `${emulator.apiOrigin}/calendar/v3`
})
app.addHook('onClose', () => emulator.close())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close())
// This machine alone: whoever reaches the page may sign in as anybody.
await app.listen({ host: '127.0.0.1', port: Number(PORT) })

console.log(`It works with a Google emulator: made-up accounts, and nothing leaves this machine.
Open ${publicUrl}
There you get a token. Then add the server to your MCP client (streamable HTTP):
  URL      ${publicUrl}/mcp
  header   Authorization: Bearer <your token>`)
