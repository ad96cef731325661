/** tRPC: what a client gets when a procedure needs a user, and there is none; as docs/neighbours.md has it. */
import { initTRPC, TRPCError } from '@trpc/server'
import { fastifyTRPCPlugin, type CreateFastifyContextOptions } from '@trpc/server/adapters/fastify'
import Fastify from 'fastify'
import t from 'tap'
import { GoogleAuthError, googleAuth, ScopeRequiredError } from '../../src/index.js'
import { signIn } from '../../src/testing.js'
import { WITHOUT_GOOGLE } from '../support/app.js'

const createContext = ({ req: request }: CreateFastifyContextOptions) => ({ request })
const CODES: Record<number, TRPCError['code']> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  502: 'BAD_GATEWAY',
  503: 'SERVICE_UNAVAILABLE'
}

const trpc = initTRPC.context<ReturnType<typeof createContext>>().create({
  isDev: false,
  errorFormatter: ({ shape, error: { cause } }) =>
    cause instanceof GoogleAuthError ? { ...shape, data: { ...shape.data, googleAuth: cause.extensions } } : shape
})
const procedure = trpc.procedure.use(async ({ next }) => {
  const result = await next()
  const cause = result.ok ? undefined : result.error.cause
  if (!(cause instanceof GoogleAuthError)) return result
  const code = CODES[cause.statusCode] ?? 'INTERNAL_SERVER_ERROR'
  throw new TRPCError({ code, message: cause.message, cause })
})

const router = trpc.router({
  hello: procedure.query(() => 'hello'),
  email: procedure.query(({ ctx }) => ctx.request.signedInUser.email),
  token: procedure.query(({ ctx }) => ctx.request.googleClient.user),
  scope: procedure.query(() => {
    throw new ScopeRequiredError(['drive'], '/auth/start?scope=drive')
  }),
  other: procedure.query(() => {
    throw new Error('of the app')
  })
})

t.test('errors of procedures have the status and the code, and no stack', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, WITHOUT_GOOGLE)
  await app.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions: { router, createContext } })
  const ask = async (name: string, headers = {}): Promise<[number, any]> => {
    const { statusCode, body } = await app.inject({ url: `/trpc/${name}`, headers })
    t.notMatch(body, /stack|node_modules|client-secret/)
    return [statusCode, JSON.parse(body)]
  }
  for (const name of ['email', 'token']) {
    t.match(await ask(name), [
      401,
      {
        error: {
          message: /^Sign in/,
          data: { code: 'UNAUTHORIZED', httpStatus: 401, googleAuth: { code: 'GOOGLE_AUTH_LOGIN_REQUIRED' } }
        }
      }
    ])
  }
  const facts = {
    code: 'GOOGLE_AUTH_SCOPE_REQUIRED',
    missingScopes: ['drive'],
    authorizeUrl: '/auth/start?scope=drive'
  }
  t.match(await ask('scope'), [403, { error: { data: { code: 'FORBIDDEN', googleAuth: facts } } }])
  t.match(await ask('other'), [500, { error: { message: 'of the app', data: { googleAuth: undefined } } }])

  const { user, headers } = await signIn(app)
  t.same(await ask('hello'), [200, { result: { data: 'hello' } }])
  t.same(await ask('email', headers), [200, { result: { data: user.email } }])
  t.same(await ask('token', headers), [200, { result: { data: user.sub } }])
})
