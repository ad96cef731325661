import { buildApp } from './app.js'

const { AUTH_SECRET: secret = '', PUBLIC_URL = 'http://localhost:3000', REDIS_URL: redis, PORT = '3000' } = process.env
const app = await buildApp({
  clientSecretsFile: 'client_secrets.json',
  redirectUri: `${PUBLIC_URL}/auth/return`,
  secret,
  ...(redis ? { redis } : {})
})
await app.listen({ port: Number(PORT), host: process.env['HOST'] ?? 'localhost' })
console.log(`Open ${PUBLIC_URL}`)
