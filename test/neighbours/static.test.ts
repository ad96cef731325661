/** @fastify/static behind a guard: no shared cache may keep what one user was shown. */
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { signIn } from '../../src/testing.js'
import { SECRET } from '../support/app.js'

t.test('files', async (t) => {
  const root = t.testdir({ 'report.txt': 'the figures', 'logo.txt': 'a logo' })
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, {
    clientId: 'client',
    clientSecret: 'client-secret',
    redirectUri: 'http://localhost:3000/auth/return',
    secret: SECRET
  })
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.googleAuth.required())
    await scope.register(fastifyStatic, { root, prefix: '/private/', maxAge: '1y', immutable: true })
    scope.get('/sent', (_, reply) => reply.sendFile('report.txt', { maxAge: 60_000 }))
    scope.get('/own', (_, reply) => reply.header('cache-control', 'private, max-age=60').send('mine'))
    scope.get('/shared', (_, reply) => reply.header('cache-control', 'max-age=60, S-MaxAge=600').send('mine'))
  })
  await app.register(fastifyStatic, { root, prefix: '/public/', decorateReply: false, maxAge: '1d' })

  const { headers } = await signIn(app)
  for (const url of ['/private/report.txt', '/sent', '/shared']) {
    const reply = await app.inject({ url, headers })
    t.match([reply.statusCode, reply.headers['cache-control']], [200, 'private, no-store'], url)
    t.equal((await app.inject(url)).statusCode, 401, `${url} is guarded`)
  }
  const { etag } = (await app.inject({ url: '/private/report.txt', headers })).headers
  const known = await app.inject({ url: '/private/report.txt', headers: { ...headers, 'if-none-match': String(etag) } })
  t.match([known.statusCode, known.headers['cache-control']], [304, 'private, no-store'])
  const missing = await app.inject({ url: '/private/nothing.txt', headers })
  t.match([missing.statusCode, missing.headers['cache-control']], [404, 'private, no-store'])
  t.equal((await app.inject({ url: '/own', headers })).headers['cache-control'], 'private, max-age=60')
  t.equal((await app.inject('/public/logo.txt')).headers['cache-control'], 'public, max-age=86400')
})
