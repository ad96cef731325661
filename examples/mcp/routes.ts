import type { FastifyInstance, FastifyReply } from 'fastify'
import { MCP_PATH } from './mcp.js'
import { homePage, signInPage, tokenPage } from './pages.js'
import type { Users } from './users.js'

export const SESSION = 'mcp-example'

interface RoutesOptions {
  publicUrl: string
  users: Users
}

/** Sends a page that no cache keeps. */
export function sendPage(reply: FastifyReply, html: string, status = 200): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(html)
}

/** The app's own pages: sign in, get a token. `/auth/start`, `/auth/return` and `/auth/revoke` are routes of the plugin. */
export async function pageRoutes(app: FastifyInstance, { publicUrl, users }: RoutesOptions): Promise<void> {
  // `Lax`, not `Strict`: a `Strict` cookie does not come along when Google sends the browser back.
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: publicUrl.startsWith('https:') } as const

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4_000 },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
  )
  // Another site must not sign a browser in as a user of its choice: Google accounts would be connected to that user.
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'POST' && request.headers.origin !== publicUrl)
      return reply.code(403).send('This form came from another site.')
  })

  app.get('/', async ({ appUser, url }, reply) =>
    sendPage(
      reply,
      appUser === null ? signInPage(url) : homePage(appUser.name, await app.googleAuth.accounts(appUser.id))
    )
  )

  app.post<{ Body: { name?: string; return_to?: string } }>('/sign-in', async ({ body }, reply) => {
    const name = body.name?.trim().slice(0, 40)
    if (name) reply.setCookie(SESSION, users.signIn(name), cookie)
    const { return_to: path = '/' } = body
    const target = new URL(URL.canParse(path, publicUrl) ? path : '/', publicUrl)
    return reply.redirect(target.origin === publicUrl ? target.href : '/', 303)
  })

  app.post('/sign-out', async (request, reply) => {
    users.signOut(request.cookies[SESSION])
    return reply.clearCookie(SESSION, cookie).redirect('/', 303)
  })

  app.post('/token', async ({ appUser }, reply) =>
    appUser === null
      ? reply.redirect('/', 303)
      : sendPage(reply, tokenPage(users.newToken(appUser), publicUrl + MCP_PATH))
  )
}
