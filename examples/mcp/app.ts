import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import Fastify, { type FastifyInstance } from 'fastify'
import googleAuth, { type GoogleAuthOptions } from 'fastify-google-auth'
import { consentRoutes } from './consent.js'
import { mcpRoute, MCP_PATH } from './mcp.js'
import { pageRoutes, SESSION } from './routes.js'
import { Users, type User } from './users.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The user of this app whose request it is. */
    appUser: User | null
  }
}

export interface AppOptions {
  publicUrl: string
  /** The options of the plugin that name the Google to work with. */
  google: Partial<GoogleAuthOptions>
  /** URL of the Calendar API, without a slash at the end. */
  calendarApi: string
}

/** An app with users of its own, and an MCP server whose tools use the Google accounts that they connected. */
export async function buildApp({ publicUrl, google, calendarApi }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({ logger: { level: 'warn' }, forceCloseConnections: true })
  const users = new Users()
  await app.register(cookie)

  // Before the plugin: its routes must know whose request it is. A bearer token counts at the MCP server alone, and the cookie
  // everywhere else. So an agent uses what its user allowed, and cannot allow anything in the user's place.
  app.decorateRequest('appUser', null)
  app.addHook('onRequest', async (request) => {
    const [, token] = /^Bearer ([\w-]+)$/i.exec(request.headers.authorization ?? '') ?? []
    request.appUser =
      request.routeOptions.url === MCP_PATH ? users.ofToken(token) : users.ofSession(request.cookies[SESSION])
  })

  await app.register(googleAuth, {
    ...google,
    redirectUri: `${publicUrl}/auth/return`,
    secret: randomBytes(32).toString('hex'),
    // No calendar: each tool asks for what it needs when it is called for the first time.
    scopes: ['email'],
    owner: (request) => request.appUser?.id
  })
  await app.register(pageRoutes, { publicUrl, users })
  await app.register(consentRoutes)
  await app.register(mcpRoute, { publicUrl, calendarApi })
  return app
}
