/** @fastify/swagger: our routes are not in the document, and guarded routes say that they need a session. */
import fastifySwagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth } from '../../src/index.js'
import { CALENDAR, SECRET } from '../support/app.js'

async function start(t: Test, securityScheme?: string): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifySwagger, {
    openapi: {
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'sid' },
          apiKey: { type: 'apiKey', in: 'header', name: 'x-key' }
        }
      }
    }
  })
  await app.register(googleAuth, {
    clientId: 'client',
    clientSecret: 'client-secret',
    redirectUri: 'http://localhost:3000/auth/return',
    secret: SECRET,
    ...(securityScheme === undefined ? {} : { securityScheme })
  })
  return app
}

t.test('the document', async (t) => {
  const app = await start(t, 'session')
  const { required } = app.googleAuth
  app.get('/', () => 'home')
  app.get('/me', { onRequest: required(), schema: { summary: 'Who I am' } }, () => 'me')
  app.get('/events', { preHandler: [async () => {}, required({ scopes: [CALENDAR] })] }, () => 'events')
  app.get('/either', { onRequest: required(), schema: { security: [{ apiKey: [] }] } }, () => 'either')
  await app.ready()
  const { paths = {} } = app.swagger() as { paths?: Record<string, { get: { security?: unknown; summary?: string } }> }
  t.same(Object.keys(paths), ['/', '/me', '/events', '/either'])
  t.equal(paths['/']?.get.security, undefined)
  t.match(paths['/me']?.get, { security: [{ session: [] }], summary: 'Who I am' })
  t.same(paths['/events']?.get.security, [{ session: [] }])
  t.same(paths['/either']?.get.security, [{ apiKey: [] }], 'what the app says stays')
  t.equal((await app.inject('/me')).statusCode, 401)
})

t.test('without the option, what the app has declared counts, and nothing else', async (t) => {
  const app = await start(t)
  app.get('/me', { onRequest: app.googleAuth.required() }, () => 'me')
  await app.ready()
  const { paths } = app.swagger() as { paths?: unknown }
  t.same(paths, { '/me': { get: { responses: { 200: { description: 'Default Response' } } } } })
})

t.test('a wrong name stops the app at start', async (t) => {
  await t.rejects(start(t, 'the session'), { name: 'TypeError', message: /The option securityScheme must be the name/ })
})
