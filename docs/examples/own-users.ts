/** An app whose own users are made at their first sign-in with Google. */
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'
import type { AppUser, Users } from './users-table.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The row of the signed-in user; `null` before the hooks of `member` have run. */
    member: AppUser | null
  }
}

const refusal = (message: string): Error => Object.assign(new Error(message), { statusCode: 403 })

export async function buildApp(options: GoogleAuthOptions, users: Users): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(googleAuth, {
    ...options,
    // Before the sign-in counts: when the table cannot be written, nobody is signed in without a row.
    onSignIn: async (_request, { user }) => {
      if (user.emailVerified !== true) throw refusal('Verify your e-mail address at Google first.')
      await users.keep(user)
    }
  })

  app.decorateRequest('member', null)
  const member = [
    app.googleAuth.required(),
    async (request: FastifyRequest) => {
      request.member = await users.find(request.signedInUser.sub)
      if (request.member === null) throw refusal('You are no longer a user of this app.')
    }
  ]

  app.get('/profile', { onRequest: member }, async (request) => request.member)
  return app
}
