/** Serializers of the app's logger, which print all that they are given. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { createBrowser } from '../../src/testing.js'
import { demoRoutes, optionsFor, startGoogle } from '../support/app.js'

/** As documentation and questions on the web have it. */
const SERIALIZERS = {
  req: (request: FastifyRequest) => ({
    method: request.method,
    url: request.url,
    query: request.query,
    headers: request.headers,
    raw: { url: request.raw.url, headers: request.raw.headers },
    route: request.routeOptions.url
  }),
  res: (reply: FastifyReply) => ({
    statusCode: reply.statusCode,
    headers: reply.getHeaders(),
    location: reply.getHeader('location'),
    has: reply.hasHeader('set-cookie'),
    elapsed: reply.elapsedTime,
    raw: { headers: reply.raw.getHeaders(), cookie: reply.raw.getHeader('set-cookie'), status: reply.raw.statusCode },
    request: {
      url: reply.request.url,
      query: reply.request.query,
      headers: reply.request.headers,
      id: reply.request.id
    },
    of: reply.raw.req.url
  })
}

t.test('state, nonce, code and cookies of a sign-in are printed by none', async (t) => {
  const google = await startGoogle(t)
  google.addRedirectUri('http://localhost:3000/auth/return')
  const lines: string[] = []
  const app: FastifyInstance = Fastify({
    logger: {
      level: 'trace',
      serializers: SERIALIZERS as never,
      stream: { write: (line: string) => void lines.push(line) }
    }
  })
  t.teardown(() => app.close())
  await app.register(googleAuth, optionsFor(google, 'http://localhost:3000/auth/return'))
  demoRoutes(app, google)

  const browser = createBrowser(app)
  const out = await browser.visit('/auth/start?return_to=/')
  const { searchParams } = new URL(out.url)
  const back = await google.approve(out.url)
  const secrets = [
    ...browser.cookies.map(({ value }) => value),
    ...['state', 'nonce', 'code_challenge'].map((name) => searchParams.get(name) ?? ''),
    new URL(back).searchParams.get('code') ?? ''
  ]
  await browser.visit(`${back}&x=1`)
  const [session] = browser.cookies.filter(({ name }) => name.includes('session'))
  await browser.submit('/auth/signout')
  t.ok(secrets.length === 5 && secrets.every((secret) => secret.length > 10))
  const log = lines.join('')
  for (const secret of secrets) t.notOk(log.includes(secret) || log.includes(encodeURIComponent(secret)), secret)
  const ofOurs = lines.filter((line) => line.includes('"/auth/'))
  t.notOk(
    ofOurs.some((line) => line.includes(session?.value ?? '')),
    'what routes of the app print is up to the app'
  )
  const paths = ['/auth/start', '/auth/return', '/auth/signout'].map((path) =>
    lines.filter((line) => line.includes('request completed') && line.includes(`"url":"${path}"`))
  )
  for (const completed of paths) t.equal(completed.length, 1, 'and each request is in the log')
  t.notOk(
    lines.some((line) => line.includes('"level":50') || line.includes('already sent')),
    'no serializer failed'
  )
})

t.test('a serializer that fails', async (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const serializers = {
    res() {
      throw new Error('no reply for me')
    }
  }
  const app: FastifyInstance = Fastify({ logger: { serializers, stream } })
  t.teardown(() => app.close())
  await app.register(googleAuth, optionsFor(await startGoogle(t), 'http://localhost:3000/auth/return'))
  await app.inject('/auth/return?state=the-state&code=the-code')
  t.match(lines.join(''), /Reply was already sent/, 'Fastify says so, and names the URL')
  t.notMatch(lines.join(''), /the-state|the-code/)
})
