/** Roles from the app's own table, in a guard behind the guard of the plugin. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'
import type { AppUser, Users } from './users-table.js'

export async function buildApp(options: GoogleAuthOptions, users: Users): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, {
    ...options,
    onSignIn: async (_request, { user }) => {
      await users.keep(user)
    }
  })
  const { required } = app.googleAuth

  // #region role
  /** The table is asked at each request, so a role that is taken away is gone at once. */
  const withRole = (role: AppUser['role']) => [
    required(),
    async (request: FastifyRequest) => {
      const row = await users.find(request.signedInUser.sub)
      if (row?.role !== role)
        throw Object.assign(new Error(`This is for users with the role ${role}.`), { statusCode: 403 })
    }
  ]

  app.get('/home', { onRequest: required() }, async (request) => `Hello ${request.signedInUser.name ?? ''}`)
  app.get('/admin/users', { onRequest: withRole('admin') }, async () => 'the list of users')
  // #endregion

  // #region scope
  await app.register(async (admin) => {
    for (const hook of withRole('admin')) admin.addHook('onRequest', hook)
    admin.get('/admin/reports', async () => 'all reports')
    admin.get('/admin/settings', async () => 'all settings')
  })
  // #endregion
  return app
}
