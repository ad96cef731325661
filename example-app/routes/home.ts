import type { FastifyInstance } from 'fastify'
import { accountsOf, opensCalendar } from '../accounts.js'
import { agendaOf } from '../agenda.js'
import { homePage, invitationPage } from '../pages/home.js'
import { mePage } from '../pages/me.js'

/** The home page, open to everybody, and a page behind the sign-in. */
export async function homeRoutes(
  app: FastifyInstance,
  { calendarRootUrl }: { calendarRootUrl: string }
): Promise<void> {
  app.get('/', async (request, reply) => {
    if (request.googleUser === null) return reply.page(invitationPage(app.googleAuth.startUrl()))
    const accounts = await accountsOf(request)
    const wereAsked = accounts.some((account) => account.state === 'lost' || opensCalendar(account))
    const agenda = wereAsked ? await agendaOf(request, accounts, calendarRootUrl) : null
    return reply.page(homePage(request.googleUser, agenda, accounts.length))
  })

  app.get('/me', { onRequest: app.googleAuth.required() }, async (request, reply) =>
    reply.page(mePage(request.signedInUser))
  )
}
