import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'
import { accountsOf, allowUrl, opensCalendar } from '../accounts.js'
import { agendaOf } from '../agenda.js'
import { CalendarRefusedError, UserCalendar } from '../calendar.js'
import { emptyForm, eventFrom, type EventFields, fieldsOf, type FieldProblems, problemsOf } from '../event-form.js'
import { readForms } from '../forms.js'
import { eventsPage } from '../pages/events.js'
import type { Page } from '../pages/page.js'
import { calendarRefusedPage } from '../pages/problem.js'
import { fromOwnPages } from '../same-origin.js'
import { CALENDAR_EVENTS } from '../scopes.js'

interface EventRouteOptions {
  publicUrl: string
  calendarRootUrl: string
}

/**
 * The events of all accounts of the user, and the form that adds one. Only these routes and adding an account ask for the
 * calendar scope, so a sign-in alone does not.
 */
export async function eventRoutes(
  app: FastifyInstance,
  { publicUrl, calendarRootUrl }: EventRouteOptions
): Promise<void> {
  const signedIn = app.googleAuth.required()
  const ownCalendar = app.googleAuth.required({ scopes: [CALENDAR_EVENTS] })
  readForms(app)

  /** The calendar of another account is enough. With none, the user is asked for that of the own account. */
  const someCalendar: onRequestAsyncHookHandler = async function (request, reply) {
    const [own, ...others] = request.googleUser ? await accountsOf(request) : []
    const withoutOwn = own !== undefined && !opensCalendar(own) && others.some(opensCalendar)
    return (withoutOwn ? signedIn : ownCalendar).call(this, request, reply)
  }

  /** The page with the events, and the form with these fields; without fields an empty form. */
  const pageFor = async (request: FastifyRequest, fields?: EventFields, problems?: FieldProblems): Promise<Page> => {
    const accounts = await accountsOf(request)
    const agenda = await agendaOf(request, accounts, calendarRootUrl)
    // The plugin sends a browser whose grant is lost to Google, and the handler below has a page for a refusal.
    if (agenda.closed.length === accounts.length) throw agenda.closed[0]!.error
    const writable = accounts.filter(
      ({ account }) => !agenda.closed.some((closed) => closed.account.account === account)
    )
    const shown = fields ?? emptyForm(agenda.timeZone, writable[0]?.account)
    return eventsPage({
      agenda,
      accounts,
      form: { fields: shown, problems: problems ?? {}, accounts: writable }
    })
  }

  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof CalendarRefusedError)) throw error
    request.log.warn(error)
    return reply.code(error.statusCode).page(calendarRefusedPage(allowUrl(app, error.account)))
  })

  app.get('/events', { onRequest: someCalendar }, async (request, reply) => reply.page(await pageFor(request)))

  app.post('/events', { onRequest: [fromOwnPages(publicUrl), someCalendar] }, async (request, reply) => {
    const fields = fieldsOf(request.body)
    const writable = (await accountsOf(request)).filter(opensCalendar)
    const problems = problemsOf(
      fields,
      writable.map(({ account }) => account)
    )
    if (Object.keys(problems).length > 0) return reply.code(422).page(await pageFor(request, fields, problems))
    await new UserCalendar(request, fields.account, calendarRootUrl).add(eventFrom(fields))
    return reply.redirect('/events?done=added', 303)
  })
}
