import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth from 'fastify-google-auth'
import type { Google } from './google.js'
import { routes } from './routes.js'
import type { User, Users } from './users.js'

export const CALENDAR = 'https://www.googleapis.com/auth/calendar.events'
export const SESSION = 'connect-example'

declare module 'fastify' {
  interface FastifyRequest {
    /** The user of this app whose request it is. */
    appUser: User | null
  }
}

export interface AppOptions {
  publicUrl: string
  google: Google
  users: Users
  /** URL of a Redis. Default: grants are kept in memory. */
  redis?: string | undefined
}

/** An app with users of its own, which only connects Google. */
export async function buildApp({ publicUrl, google, users, redis }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'warn' }, forceCloseConnections: true })
  await app.register(cookie)

  // Before the plugin: its routes must know whose request it is.
  app.decorateRequest('appUser', null)
  app.addHook('onRequest', async (request) => {
    request.appUser = users.ofSession(request.cookies[SESSION])
  })

  await app.register(googleAuth, {
    ...google.options,
    redirectUri: `${publicUrl}/auth/return`,
    secret: users.secret(),
    ...(redis ? { redis } : {}),
    scopes: ['email', 'profile', CALENDAR],
    owner: (request) => request.appUser?.id,
    onGrantLost: ({ owner, account }, { likelyCause }) =>
      app.log.warn({ owner, account, likelyCause }, 'Tell this user to connect Google again')
  })
  await app.register(routes, { publicUrl, users, calendarRootUrl: google.calendarRootUrl })
  return app
}
