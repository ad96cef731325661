/** A wrong call throws at once, and the message shows the right call. */
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { googleAuth } from '../../../src/index.js'

const OPTIONS = {
  clientId: 'client',
  clientSecret: 'hush-hush',
  redirectUri: 'https://app.example.com/auth/return',
  secret: 'x'.repeat(40)
}

async function appFor(t: Test): Promise<FastifyInstance> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, OPTIONS)
  return app
}

t.test('required without the call, on a route', async (t) => {
  const app = await appFor(t)
  const required = app.googleAuth.required as never
  for (const hook of ['onRequest', 'preHandler'] as const) {
    t.throws(() => app.get(`/${hook}`, { [hook]: required }, () => 'x'), {
      name: 'TypeError',
      message: new RegExp(`${hook} hook of /${hook}, and was not called.*required\\(`)
    })
    t.throws(() => app.get(`/${hook}s`, { [hook]: [required] }, () => 'x'), { name: 'TypeError' })
  }
})

t.test('required without the call, for a scope', async (t) => {
  const app = await appFor(t)
  const errors: string[] = []
  app.addHook('onError', async (_request, _reply, error) => void errors.push(`${error.name}: ${error.message}`))
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.googleAuth.required as never)
    scope.get('/x', () => 'never reached')
  })
  const reply = await app.inject('/x')
  t.equal(reply.statusCode, 500, 'it does not hang')
  t.match(errors, [/TypeError: googleAuth\.required is a hook itself, and was not called/])
})

t.test('required with an argument that is not an object of options', async (t) => {
  const app = await appFor(t)
  const required = app.googleAuth.required as (options: unknown) => unknown
  for (const wrong of [['scope'], 'scope', null, 7, () => {}, { scope: ['a'] }, { scopes: 7 }, { scopes: [7] }])
    t.throws(() => required(wrong), { name: 'TypeError', message: /googleAuth\.required.*Call it with an object/ })
  for (const right of [undefined, {}, { scopes: [] }, { scopes: 'a b' }, { scopes: ['a'] }])
    t.equal(typeof required(right), 'function')
})

t.test('a value that is not a user id', async (t) => {
  const { googleAuth } = await appFor(t)
  for (const wrong of [undefined, null, '', 7, {}]) {
    const id = wrong as string
    const told = { name: 'TypeError', message: /A user id must be a non-empty string/ }
    t.throws(() => googleAuth.clientFor(id), told)
    t.throws(() => googleAuth.storageFor(id), told)
    await t.rejects(googleAuth.signOutEverywhere(id), told)
    await t.rejects(googleAuth.revoke(id), told)
  }
})

t.test('the signed-in user, without a guard', async (t) => {
  const app = await appFor(t)
  app.get('/x', (request) => request.signedInUser.sub)
  t.match((await app.inject('/x')).json(), { statusCode: 401, code: 'GOOGLE_AUTH_LOGIN_REQUIRED' })
})
