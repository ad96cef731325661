/** @fastify/session over Redis, writing only what changed, and nothing of Google. */
import cookie from '@fastify/cookie'
import session from '@fastify/session'
import Fastify, { type Session } from 'fastify'
import { Redis } from 'ioredis'
import { answerReadings } from '../processes.js'

declare module 'fastify' {
  interface Session {
    email?: string
  }
}

const { PORT, REDIS_URL = '' } = process.env
const redis = new Redis(REDIS_URL)
const app = Fastify()
await app.register(cookie)
await app.register(session, {
  secret: 'a secret of at least thirty-two characters',
  rolling: false,
  saveUninitialized: false,
  cookie: { secure: false, maxAge: 86_400_000 },
  store: {
    get: (id, callback) =>
      void redis.get(`session:${id}`, (error, text) => callback(error, text ? (JSON.parse(text) as Session) : null)),
    set: (id, value, callback) => void redis.set(`session:${id}`, JSON.stringify(value), (error) => callback(error)),
    destroy: (id, callback) => void redis.del(`session:${id}`, (error) => callback(error))
  }
})
app.get('/login', async (request) => {
  request.session.email = 'ada@example.com'
  return {}
})
app.get('/me', async (request, reply) => {
  const { email } = request.session
  return email === undefined ? reply.code(401).send() : { email }
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
answerReadings()
