import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import googleAuth from 'fastify-google-auth'
import type { Google } from './google.js'
import { pages } from './pages/page.js'
import { problemPages } from './problem-pages.js'
import { accountRoutes } from './routes/account.js'
import { eventRoutes } from './routes/events.js'
import { homeRoutes } from './routes/home.js'
import { publicRoutes } from './routes/public.js'
import { securityHeaders } from './security-headers.js'

export interface AppOptions {
  /** The app's own address as a browser sees it, without a path. */
  publicUrl: string
  google: Google
  /** 32 or more characters that nobody can guess. */
  secret: string
  /** URL of a Redis. Default: everything in memory. */
  redis?: string
  logger?: NonNullable<FastifyServerOptions['logger']>
}

/** The app, ready to listen or to be tested with `inject`. Closing it closes `google` too. */
export async function buildApp({
  publicUrl,
  google,
  secret,
  redis,
  logger = false
}: AppOptions): Promise<FastifyInstance> {
  // Browsers keep connections open; without forceCloseConnections they would hold up the end of the process.
  const app = Fastify({ logger, forceCloseConnections: true })
  app.addHook('onClose', google.close)
  securityHeaders(app, publicUrl, google)
  pages(app, google)
  problemPages(app)

  await app.register(googleAuth, {
    ...google.auth,
    redirectUri: `${publicUrl}/auth/return`,
    secret,
    ...(redis && { redis })
  })

  await app.register(publicRoutes)
  await app.register(homeRoutes, { calendarRootUrl: google.calendarRootUrl })
  await app.register(eventRoutes, { publicUrl, calendarRootUrl: google.calendarRootUrl })
  await app.register(accountRoutes, { publicUrl })
  return app
}
