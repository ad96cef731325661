import type { FastifyInstance, FastifyRequest } from 'fastify'
import { apiRefusal } from '../http/api-refusal.js'
import { queryOf } from '../http/forms.js'
import { PATHS } from '../http/paths.js'
import type { Calendar } from '../state/calendar/calendar.js'
import type { World } from '../state/world.js'
import { calendarOf, callerOf, objectIn, SCOPES } from './access.js'
import { listEvents } from './event-list.js'

type EventRequest = FastifyRequest<{ Params: { calendarId: string; eventId: string } }>

/**
 * The events of the Calendar API.
 * @see https://developers.google.com/workspace/calendar/api/v3/reference/events
 */
export function eventRoutes(app: FastifyInstance, world: World): void {
  const open = (
    request: EventRequest,
    scopes: readonly string[],
    method: string
  ): { calendar: Calendar; email: string } => {
    const caller = callerOf(world, request, scopes, `Events.${method}`)
    const calendar = calendarOf(world, caller, request.params.calendarId)
    if (!calendar) throw apiRefusal(404, 'notFound', 'Not Found')
    return { calendar, email: caller.email }
  }

  const events = `${PATHS.calendar}calendars/:calendarId/events`
  const event = `${events}/:eventId`

  app.get(events, (request: EventRequest) => {
    const { calendar, email } = open(request, SCOPES.read, 'List')
    const updated = new Date(world.settings.now()).toISOString()
    const head = {
      kind: 'calendar#events',
      summary: email,
      updated,
      timeZone: 'UTC',
      accessRole: 'owner',
      defaultReminders: []
    }
    return { ...head, ...listEvents(calendar.events, queryOf(request)) }
  })

  app.post(events, (request: EventRequest) => {
    const { calendar, email } = open(request, SCOPES.write, 'Insert')
    const person = { email, self: true }
    return calendar.insert({ creator: person, organizer: person, ...objectIn(request) })
  })

  app.get(event, (request: EventRequest) => open(request, SCOPES.read, 'Get').calendar.get(request.params.eventId))

  app.put(event, (request: EventRequest) => {
    const { calendar } = open(request, SCOPES.write, 'Update')
    return calendar.change(request.params.eventId, objectIn(request), { etag: request.headers['if-match'] })
  })

  app.patch(event, (request: EventRequest) => {
    const { calendar } = open(request, SCOPES.write, 'Patch')
    const etag = request.headers['if-match']
    return calendar.change(request.params.eventId, objectIn(request), { merge: true, etag })
  })

  app.delete(event, (request: EventRequest, reply) => {
    open(request, SCOPES.write, 'Delete').calendar.delete(request.params.eventId)
    return reply.code(204).send()
  })
}
