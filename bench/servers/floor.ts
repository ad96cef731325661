/** The practical limit: a signed cookie by hand, one GET for a session that also holds the access token, and a pool. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { Pool } from 'undici'
import { answerReadings } from '../processes.js'

const { PORT, REDIS_URL = '', PROVIDER = '' } = process.env
const redis = new Redis(REDIS_URL)
const pool = new Pool(PROVIDER)
const app = Fastify()

interface Session {
  email: string
  accessToken: string
}

function signatureOf(id: string): Buffer {
  return createHmac('sha256', 'a secret of the floor').update(id).digest()
}

async function sessionOf(cookie = ''): Promise<Session | null> {
  const [id = '', signature = ''] = cookie.replace(/^sid=/, '').split('.')
  const [given, right] = [Buffer.from(signature, 'base64url'), signatureOf(id)]
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null
  const text = await redis.get(`floor:${id}`)
  return text === null ? null : (JSON.parse(text) as Session)
}

app.get('/login', async (_request, reply) => {
  const id = randomUUID()
  await redis.set(`floor:${id}`, JSON.stringify({ email: 'ada@example.com', accessToken: 'x'.repeat(200) }))
  return reply.header('set-cookie', `sid=${id}.${signatureOf(id).toString('base64url')}; Path=/`).send()
})
app.get('/me', async (request, reply) => {
  const session = await sessionOf(request.headers.cookie)
  return session === null ? reply.code(401).send() : { email: session.email }
})
app.get('/calendar', async (request, reply) => {
  const session = await sessionOf(request.headers.cookie)
  if (session === null) return reply.code(401).send()
  const headers = { authorization: `Bearer ${session.accessToken}` }
  const { body } = await pool.request({ path: '/events', method: 'GET', headers })
  return { events: ((await body.json()) as { items: unknown[] }).items.length }
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
answerReadings()
