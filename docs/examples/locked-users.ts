/** Locks a user of the app when Google says that their account was hijacked. */
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'

/** The locks of users, by `sub`. In an app, a column of your table of users. */
export interface Locks {
  lock: (sub: string) => Promise<void>
  isLocked: (sub: string) => Promise<boolean>
}

export async function buildApp(options: GoogleAuthOptions, locks: Locks): Promise<FastifyInstance> {
  const app = Fastify()
  // #region lock
  await app.register(googleAuth, {
    ...options,
    risc: true,
    // The event has ended the sessions of the user already. This is for the next sign-in.
    onSignIn: async (_request, { user }) => {
      if (await locks.isLocked(user.sub))
        throw Object.assign(new Error('Your account is locked. Write to our support.'), { statusCode: 403 })
    },
    onSecurityEvent: async ({ type, account, reason }) => {
      if (type === 'account-disabled' && reason === 'hijacking' && account !== undefined) await locks.lock(account)
    }
  })
  // #endregion
  app.get('/me', { onRequest: app.googleAuth.required() }, (request) => request.signedInUser)
  return app
}
