/** @fastify/csrf-protection as a hook of the whole app, with its token in a form, in JSON or in a header. */
import fastifyCookie from '@fastify/cookie'
import fastifyCsrf from '@fastify/csrf-protection'
import fastifyFormbody from '@fastify/formbody'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth } from '../../src/index.js'
import { createBrowser, signIn, type TestBrowser } from '../../src/testing.js'
import { optionsFor, startGoogle } from '../support/app.js'

async function start(t: Test): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyCookie)
  await app.register(fastifyFormbody)
  const google = await startGoogle(t)
  await app.register(googleAuth, optionsFor(google, 'http://localhost:3000/auth/return'))
  await app.register(fastifyCsrf, { sessionPlugin: '@fastify/cookie' })
  app.addHook('preValidation', (request, reply, next) => {
    if (request.method === 'POST') app.csrfProtection(request, reply, next)
    else next()
  })
  app.get('/token', (_, reply) => reply.generateCsrf())
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  return app
}

/** A browser whose user is signed in, and which has seen a page with a token. */
async function signedIn(app: FastifyInstance): Promise<{ browser: TestBrowser; _csrf: string }> {
  const browser = createBrowser(app, await signIn(app))
  return { browser, _csrf: (await browser.visit('/token')).body }
}

for (const path of ['/auth/signout', '/auth/revoke']) {
  t.test(`${path} under a global hook`, async (t) => {
    const app = await start(t)
    const { browser, _csrf } = await signedIn(app)
    for (const refused of [
      await browser.submit(path),
      await browser.submit(path, { _csrf: 'forged' }),
      await browser.fetch(path, { method: 'POST', body: { _csrf: 'forged' } }),
      await browser.fetch(path, { method: 'POST', body: '{"_csrf":', headers: { 'content-type': 'application/json' } })
    ])
      t.match(refused, { statusCode: 403, body: /csrf token/i })
    t.equal((await browser.fetch('/me')).statusCode, 200, 'and the user stays signed in')
    const done = await browser.submit(path, { _csrf })
    t.match(done, { url: 'http://localhost:3000/', left: false })
    t.equal((await browser.fetch('/me')).statusCode, 401, 'a token in a form')

    for (const sent of [
      (_csrf: string) => ({ body: { _csrf } }),
      (token: string) => ({ headers: { 'csrf-token': token } })
    ]) {
      const { browser, _csrf } = await signedIn(app)
      const { statusCode } = await browser.fetch(path, { method: 'POST', ...sent(_csrf) })
      t.equal(statusCode, 204)
      t.equal((await browser.fetch('/me')).statusCode, 401)
    }
  })
}

t.test('bodies are small, and harmless', async (t) => {
  const app = await start(t)
  const seen: unknown[] = []
  app.addHook('preValidation', async (request) => void seen.push(request.body))
  const { browser, _csrf } = await signedIn(app)
  const long = await browser.submit('/auth/signout', { _csrf, padding: 'x'.repeat(20_000) })
  t.match(long, { statusCode: 413, headers: { 'cache-control': 'no-store', 'content-type': /^text\/html/ } })
  t.equal((await browser.fetch('/me')).statusCode, 200)
  const headers = { 'content-type': 'application/json', 'csrf-token': _csrf }
  const body = '{"__proto__":{"admin":true},"constructor":{"prototype":{}},"a":{"__proto__":1,"b":2}}'
  t.equal((await browser.fetch('/auth/signout', { method: 'POST', headers, body })).statusCode, 204)
  t.same(seen.at(-1), { a: { b: 2 } })
})
