import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AccountNotConnectedError } from 'fastify-google-auth'
import { SESSION } from './app.js'
import { nextEvents } from './events.js'
import { accountsPage, signInPage } from './pages.js'
import type { Users } from './users.js'

export interface RoutesOptions {
  publicUrl: string
  users: Users
  calendarRootUrl: string
}

const DAYS_30 = 30 * 86_400

/** The pages of the app. `/auth/start`, `/auth/return` and `/auth/revoke` are routes of the plugin. */
export async function routes(
  app: FastifyInstance,
  { publicUrl, users, calendarRootUrl }: RoutesOptions
): Promise<void> {
  // `Lax`, not `Strict`: a `Strict` cookie does not come along when Google sends the browser back.
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: publicUrl.startsWith('https:') } as const

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 2_000 },
    (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body))))
  )
  // The app's own forms must come from the app's own pages.
  app.addHook('onRequest', async (request, reply) => {
    const { origin, 'sec-fetch-site': site } = request.headers
    const isForeign =
      site === undefined ? origin !== undefined && origin !== publicUrl : !/^(same-origin|none)$/.test(site)
    if (request.method === 'POST' && isForeign) return reply.code(403).send('This form came from another site.')
  })

  app.get('/', async (request, reply) => {
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-store')
    if (request.appUser === null) return signInPage()
    // First the events: when Google refuses them, the accounts show that.
    const events = await eventsOf(request)
    return accountsPage(request.appUser.name, await request.googleAccounts(), events, app.googleAuth.startUrl())
  })

  app.post<{ Body: { name?: string } | undefined }>('/sign-in', async (request, reply) => {
    const name = request.body?.name?.trim().slice(0, 40)
    if (name) reply.setCookie(SESSION, users.signIn(name), { ...cookie, maxAge: DAYS_30 })
    return reply.redirect('/', 303)
  })

  app.post('/sign-out', async (request, reply) => {
    users.signOut(request.cookies[SESSION] ?? '')
    return reply.clearCookie(SESSION, cookie).redirect('/', 303)
  })

  app.post<{ Querystring: { account?: string } }>('/default', async (request, reply) => {
    if (request.appUser !== null) await app.googleAuth.makeDefault(request.appUser.id, request.query.account ?? '')
    return reply.redirect('/', 303)
  })

  /** `null`: they cannot be read. The user must see the accounts all the same, to connect again or to disconnect. */
  const eventsOf = async (request: FastifyRequest): Promise<string[] | null> => {
    try {
      return await nextEvents(request.googleClient, calendarRootUrl)
    } catch (error) {
      if (error instanceof AccountNotConnectedError) return []
      request.log.warn({ err: error }, 'The events of the default account cannot be read')
      return null
    }
  }
}
