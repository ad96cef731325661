/** Other plugins of cookies and sessions, before and after: what cannot work is said at start, in words. */
import fastifyCookie from '@fastify/cookie'
import fastifySecureSession from '@fastify/secure-session'
import fastifySession from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth } from '../../src/index.js'
import { signIn } from '../../src/testing.js'
import { SECRET } from '../support/app.js'

const GOOGLE = {
  clientId: 'client',
  clientSecret: 'client-secret',
  redirectUri: 'http://localhost:3000/auth/return',
  secret: SECRET
}
const SECURE = { key: Buffer.alloc(32, 1) }
const SESSION = { secret: SECRET, cookie: { secure: false } }

type Setup = (app: FastifyInstance) => unknown

/** Each of these has to fail at start: while registering, or when the app becomes ready. */
const REFUSED: [what: string, setup: Setup, message: RegExp][] = [
  [
    'secure-session before',
    async (app) => {
      await app.register(fastifySecureSession, SECURE)
      await app.register(googleAuth, GOOGLE)
    },
    /request\.session belongs to another plugin than @fastify\/session/
  ],
  [
    'secure-session after',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(fastifySecureSession, SECURE)
    },
    /Another plugin, such as @fastify\/secure-session/
  ],
  [
    'session after',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(fastifySession, SESSION)
    },
    /@fastify\/session is registered after fastify-google-auth.*option session/
  ],
  [
    'session in a scope below',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(async (scope) => {
        await scope.register(fastifySession, SESSION)
      })
    },
    /@fastify\/session is registered after/
  ],
  [
    'secure-session in a scope below',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(async (scope) => {
        await scope.register(fastifySecureSession, SECURE)
      })
    },
    /Register each of the two in a scope of its own/
  ],
  [
    'cookie after',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(fastifyCookie, { secret: SECRET })
    },
    /@fastify\/cookie is registered after/
  ],
  [
    'cookie and session after',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(fastifyCookie)
      await app.register(fastifySession, SESSION)
    },
    /@fastify\/cookie is registered after/
  ],
  [
    'cookie after, with the option owner',
    async (app) => {
      await app.register(googleAuth, { ...GOOGLE, owner: () => null })
      await app.register(fastifyCookie)
    },
    /@fastify\/cookie is registered after/
  ],
  [
    'the plugin twice',
    async (app) => {
      await app.register(googleAuth, GOOGLE)
      await app.register(googleAuth, GOOGLE)
    },
    /fastify-google-auth is registered already/
  ]
]

for (const [what, setup, message] of REFUSED) {
  t.test(`refused: ${what}`, async (t) => {
    for (const isAwaited of [true, false]) {
      const app = Fastify()
      t.teardown(() => app.close())
      const started = async (): Promise<void> => {
        const done = setup(isAwaited ? app : withoutWaiting(app))
        await done
        await app.ready()
      }
      await t.rejects(started(), { name: 'TypeError', message }, isAwaited ? 'with await' : 'without await')
    }
  })
}

/** `app`, whose `register` can be awaited without waiting for the plugin. */
function withoutWaiting(app: FastifyInstance): FastifyInstance {
  return { register: async (...args: Parameters<FastifyInstance['register']>) => void app.register(...args) } as never
}

async function worksWith(t: Test, setup: Setup): Promise<void> {
  const app = Fastify()
  t.teardown(() => app.close())
  await setup(app)
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.googleUser)
  const { headers, user } = await signIn(app)
  t.same((await app.inject({ url: '/me', headers })).json(), user)
}

t.test('session before, with and without await', async (t) => {
  await worksWith(t, async (app) => {
    void app.register(fastifyCookie)
    void app.register(fastifySession, SESSION)
    await app.register(googleAuth, GOOGLE)
  })
})

t.test('secure-session under another name, and the app decorates as it likes', async (t) => {
  await worksWith(t, async (app) => {
    await app.register(fastifyCookie)
    await app.register(googleAuth, GOOGLE)
    await app.register(fastifySecureSession, { ...SECURE, sessionName: 'basket' })
    app.decorate('shop', 'open').decorateRequest('visitor', null).decorateReply('bell', null)
    t.throws(() => app.decorate('shop', 'closed'), { code: 'FST_ERR_DEC_ALREADY_PRESENT' })
    t.ok(app.hasDecorator('shop') && app.hasRequestDecorator('basket') && app.hasReplyDecorator('bell'))
  })
})

t.test('secure-session and this plugin, in a scope each', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(async (scope) => {
    await scope.register(googleAuth, GOOGLE)
  })
  await app.register(async (scope) => {
    await scope.register(fastifySecureSession, SECURE)
  })
  await t.resolves(Promise.resolve(app.ready()))
})
