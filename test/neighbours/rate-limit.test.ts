/** @fastify/rate-limit over our own routes. */
import fastifyRateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { createBrowser, signIn } from '../../src/testing.js'
import { WITHOUT_GOOGLE } from '../support/app.js'

t.test('too many tries', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyRateLimit, { max: 4, timeWindow: '1 minute' })
  await app.register(googleAuth, WITHOUT_GOOGLE)
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.signedInUser.email)
  const signedIn = await signIn(app)
  const browser = createBrowser(app, signedIn)
  t.equal((await browser.visit('/me')).body, signedIn.user.email)

  t.equal((await browser.visit('/auth/start')).left, true)
  t.equal((await browser.visit('/auth/start')).left, true)
  const page = await browser.visit('/auth/start')
  t.match(page, {
    statusCode: 429,
    headers: { 'retry-after': '60', 'cache-control': 'no-store', 'content-type': /^text\/html/ },
    body: /<h1>Too many tries\. Wait a little\.<\/h1>\n<p>Rate limit exceeded, retry in 1 minute<\/p>/
  })
  const answer = await browser.fetch('/auth/start')
  t.match(answer, { statusCode: 429, headers: { 'retry-after': '60' } })
  t.match(answer.json(), { statusCode: 429, error: 'Too Many Requests', message: /retry in 1 minute/ })
})
