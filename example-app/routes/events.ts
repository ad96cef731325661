import type { FastifyInstance } from 'fastify'
import { CalendarRefusedError, UserCalendar } from '../calendar.js'
import { upcomingOfAll } from '../calendars.js'
import { emptyForm, eventFrom, fieldsOf, problemsOf } from '../event-form.js'
import { readForms } from '../forms.js'
import { eventsPage } from '../pages/events.js'
import { calendarRefusedPage } from '../pages/problem.js'
import { fromOwnPages } from '../same-origin.js'
import { CALENDAR_EVENTS } from '../scopes.js'

interface EventRouteOptions {
  publicUrl: string
  calendarRootUrl: string
}

/** The user's events and the form that adds one. Only these routes ask for the calendar scope, so a sign-in alone does not. */
export async function eventRoutes(
  app: FastifyInstance,
  { publicUrl, calendarRootUrl }: EventRouteOptions
): Promise<void> {
  const mayUseCalendar = app.googleAuth.required({ scopes: [CALENDAR_EVENTS] })
  readForms(app)

  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof CalendarRefusedError)) throw error
    request.log.warn(error)
    const loginHint = request.googleUser?.sub
    const askAgain = app.googleAuth.startUrl({ returnTo: '/events', scopes: [CALENDAR_EVENTS], loginHint })
    return reply.code(error.statusCode).page(calendarRefusedPage(askAgain))
  })

  const connectUrl = app.googleAuth.startUrl({ connect: true, scopes: [CALENDAR_EVENTS], returnTo: '/events' })

  app.get('/events', { onRequest: mayUseCalendar }, async (request, reply) => {
    const upcoming = await upcomingOfAll(request, calendarRootUrl)
    return reply.page(eventsPage({ ...upcoming, connectUrl, fields: emptyForm(upcoming.timeZone) }))
  })

  app.post('/events', { onRequest: [fromOwnPages(publicUrl), mayUseCalendar] }, async (request, reply) => {
    const fields = fieldsOf(request.body)
    const problems = problemsOf(fields)
    if (Object.keys(problems).length > 0) {
      const upcoming = await upcomingOfAll(request, calendarRootUrl)
      return reply.code(422).page(eventsPage({ ...upcoming, connectUrl, fields, problems }))
    }
    await new UserCalendar(request, calendarRootUrl, fields.account || undefined).add(eventFrom(fields))
    return reply.redirect('/events?done=added', 303)
  })
}
