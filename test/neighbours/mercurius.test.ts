/** mercurius: what a client gets when a resolver needs a user, and there is none. */
import Fastify from 'fastify'
import mercurius, { type MercuriusContext } from 'mercurius'
import t from 'tap'
import { googleAuth } from '../../src/index.js'
import { signIn } from '../../src/testing.js'
import { DRIVE, WITHOUT_GOOGLE } from '../support/app.js'

const SCHEMA = 'type Query { hello: String! email: String! drive: Boolean! account: String! call: Boolean! }'

interface Answer {
  data: unknown
  errors: { extensions?: unknown }[]
}

t.test('errors of resolvers have a code, and nothing else of ours', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(googleAuth, WITHOUT_GOOGLE)
  await app.register(mercurius, {
    schema: SCHEMA,
    resolvers: {
      Query: {
        hello: () => 'hello',
        email: (_root, _args, { reply }) => reply.request.signedInUser.email,
        drive: (_root, _args, { reply }) => reply.request.googleClient.hasScopes([DRIVE]),
        account: async (_root, _args, { reply }) => (await reply.request.googleAccounts())[0]?.account,
        call: async (_root: unknown, _args: unknown, { reply }: MercuriusContext) =>
          (await reply.request.googleClient.fetch('https://www.googleapis.com/drive/v3/files')).ok
      }
    }
  })
  const ask = async (
    query: string,
    headers: Record<string, string> = {}
  ): Promise<{ statusCode: number; body: Answer }> => {
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/graphql', headers, payload: { query } })
    t.notMatch(body, /stack|node_modules|src\/|client-secret/)
    return { statusCode, body: JSON.parse(body) as Answer }
  }
  for (const [field, message] of [
    ['email', 'Sign in with Google first.'],
    ['drive', 'Sign in first.'],
    ['account', 'Sign in first.']
  ] as const) {
    const { statusCode, body } = await ask(`{ ${field} }`)
    t.equal(statusCode, 401)
    t.equal(body.data, null)
    t.strictSame(body.errors, [
      {
        message,
        locations: [{ line: 1, column: 3 }],
        path: [field],
        extensions: { code: 'GOOGLE_AUTH_LOGIN_REQUIRED' }
      }
    ])
  }
  t.same((await ask('{ hello }')).body, { data: { hello: 'hello' } })

  const { user, headers } = await signIn(app)
  t.same((await ask('{ email drive account }', headers)).body, {
    data: { email: user.email, drive: false, account: user.sub }
  })
  await app.googleAuth.storageFor(user.sub).delete()
  const lost = await ask('{ call }', headers)
  t.match(lost.body.errors, [{ extensions: { code: 'GOOGLE_AUTH_GRANT_LOST' } }])
})
