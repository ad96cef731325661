/** @fastify/websocket: who may open a socket on a guarded route, and how an app ends one after a sign-out. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { googleAuth, type GoogleAuthOptions } from '../../src/index.js'
import { signIn } from '../../src/testing.js'
import { WITHOUT_GOOGLE } from '../support/app.js'

type Headers = Record<string, string | undefined>

const OWN = new URL(WITHOUT_GOOGLE.redirectUri).origin
const TRUSTED = 'http://localhost:5173'
const EVIL = 'https://evil.example'

async function start(t: Test, options: Partial<GoogleAuthOptions> = {}): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(fastifyWebsocket)
  await app.register(googleAuth, { ...WITHOUT_GOOGLE, trustedOrigins: [TRUSTED], ...options })
  return app
}

/** What a client gets that opens a socket: the first message, or the status and the code of a refusal. */
async function open(app: FastifyInstance, path: string, headers: Headers): Promise<unknown> {
  const socket = connect(app, path, headers)
  socket.on('error', () => undefined)
  const greeted = once(socket, 'message').then(([data]) => String(data))
  const refused = once(socket, 'unexpected-response').then(async ([, response]) => {
    let body = ''
    for await (const chunk of response) body += String(chunk)
    return [response.statusCode, (JSON.parse(body) as { code: string }).code]
  })
  const first = await Promise.race([greeted, refused])
  socket.terminate()
  return first
}

function connect(app: FastifyInstance, path: string, headers: Headers): WebSocket {
  const { port } = app.server.address() as AddressInfo
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  return new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: Object.fromEntries(given) as Record<string, string>
  })
}

t.test('the origin of the page that opens it', async (t) => {
  const app = await start(t)
  const { required } = app.googleAuth
  app.get('/live', { websocket: true, onRequest: required() }, (socket, request) =>
    socket.send(request.signedInUser.sub)
  )
  app.get('/open', { websocket: true }, (socket) => socket.send('hello'))
  app.get('/page', { onRequest: required() }, () => 'a page')
  const { user, headers } = await signIn(app)
  await app.listen({ host: '127.0.0.1', port: 0 })

  const crossSite = [403, 'GOOGLE_AUTH_CROSS_SITE']
  const asked: [what: string, headers: Headers, expected: unknown][] = [
    ['this site', { origin: OWN }, user.sub],
    ['a trusted origin', { origin: TRUSTED, 'sec-fetch-site': 'same-site' }, user.sub],
    ['no browser', {}, user.sub],
    ['another site', { origin: EVIL }, crossSite],
    ['another site, by the word of the browser', { origin: EVIL, 'sec-fetch-site': 'cross-site' }, crossSite],
    ['a sandboxed frame', { origin: 'null' }, crossSite],
    ['another port of this host', { origin: 'http://localhost:4000', 'sec-fetch-site': 'same-site' }, crossSite]
  ]
  for (const [what, from, expected] of asked) t.same(await open(app, '/live', { ...headers, ...from }), expected, what)
  t.same(await open(app, '/live', { origin: EVIL }), crossSite, 'another site, and nobody signed in')
  t.same(await open(app, '/live', { origin: OWN }), [401, 'GOOGLE_AUTH_LOGIN_REQUIRED'], 'nobody signed in')
  t.equal(await open(app, '/open', { ...headers, origin: EVIL }), 'hello', 'without a guard the app decides')

  // A link on another site leads to a guarded page as before.
  const followed = await app.inject({ url: '/page', headers: { ...headers, referer: `${EVIL}/` } })
  t.equal(followed.statusCode, 200)
})

t.test('a bearer token is sent by no browser on its own, so its origin does not count', async (t) => {
  const app = await start(t, { bearer: true })
  app.get('/live', { websocket: true, onRequest: app.googleAuth.required({ bearer: true }) }, (socket) =>
    socket.send('in')
  )
  const { headers } = await signIn(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.same(await open(app, '/live', { ...headers, origin: EVIL }), [403, 'GOOGLE_AUTH_CROSS_SITE'])
  const refused = await open(app, '/live', { authorization: 'Bearer none', origin: EVIL })
  t.same(refused, [401, 'GOOGLE_AUTH_ID_TOKEN'], 'the token decides')
})

t.test('a socket outlives a sign-out until the app ends it', async (t) => {
  const sockets = new Map<string, Set<{ close(code: number): void }>>()
  const app = await start(t, {
    onSignOut: (_request, { sub }) => sockets.get(sub)?.forEach((socket) => socket.close(4401))
  })
  const { required } = app.googleAuth
  app.get('/live', { websocket: true, onRequest: required() }, (socket, request) => {
    const { sub } = request.signedInUser
    sockets.set(sub, (sockets.get(sub) ?? new Set()).add(socket))
    socket.send('hello')
  })
  app.get('/still', { onRequest: required() }, (_request, reply) => reply.code(204).send())
  app.get('/checked', { websocket: true, onRequest: required() }, (socket, request) => {
    const { cookie } = request.headers
    socket.on('message', () => {
      void app.inject({ url: '/still', headers: { cookie } }).then(({ statusCode }) => {
        if (statusCode === 204) socket.send('still here')
        else socket.close(4401)
      })
    })
    socket.send('hello')
  })
  const { user, headers } = await signIn(app)
  await app.listen({ host: '127.0.0.1', port: 0 })

  const told = connect(app, '/live', headers)
  const checked = connect(app, '/checked', headers)
  await Promise.all([once(told, 'message'), once(checked, 'message')])
  const ask = async (event: string): Promise<unknown> => {
    checked.send('?')
    return String((await once(checked, event))[0])
  }
  t.equal(await ask('message'), 'still here')

  const ended = once(told, 'close')
  await app.inject({ method: 'POST', url: '/auth/signout', headers: { ...headers, origin: OWN } })
  t.equal((await ended)[0], 4401, 'by the hook')
  t.equal(await ask('close'), '4401', 'by asking again')

  const other = await signIn(app, { sub: user.sub })
  const elsewhere = connect(app, '/checked', other.headers)
  await once(elsewhere, 'message')
  await app.googleAuth.signOutEverywhere(user.sub)
  elsewhere.send('?')
  t.equal((await once(elsewhere, 'close'))[0], 4401, 'asking again also sees what no hook tells')
})
