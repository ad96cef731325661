import type { FastifyInstance } from 'fastify'
import { CalendarRefusedError, UserCalendar } from '../calendar.js'
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

  app.get('/events', { onRequest: mayUseCalendar }, async (request, reply) => {
    const { events, timeZone } = await new UserCalendar(request, calendarRootUrl).upcoming()
    return reply.page(eventsPage({ events, timeZone, fields: emptyForm(timeZone) }))
  })

  app.post('/events', { onRequest: [fromOwnPages(publicUrl), mayUseCalendar] }, async (request, reply) => {
    const calendar = new UserCalendar(request, calendarRootUrl)
    const fields = fieldsOf(request.body)
    const problems = problemsOf(fields)
    if (Object.keys(problems).length > 0) {
      return reply.code(422).page(eventsPage({ ...(await calendar.upcoming()), fields, problems }))
    }
    await calendar.add(eventFrom(fields))
    return reply.redirect('/events?done=added', 303)
  })
}
