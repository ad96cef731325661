/** An app whose users may connect two Google accounts each, and no more. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

const MOST = 2

export async function buildApp(options: GoogleAuthOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // #region limit
  await app.register(googleAuth, {
    ...options,
    onConnect: async (_request, { owner, firstConnect }) => {
      // An account that the owner has already is connected again for more scopes, or after its grant was lost.
      if (!firstConnect) return
      const { length } = await app.googleAuth.accounts(owner)
      if (length < MOST) return
      throw Object.assign(new Error('You have connected two accounts. Disconnect one first.'), { statusCode: 403 })
    }
  })
  // #endregion

  app.get('/accounts', { onRequest: app.googleAuth.required() }, async (request) => {
    const accounts = await request.googleAccounts()
    return accounts.map(({ email }) => email)
  })
  return app
}
