import type { FastifyInstance, FastifyRequest } from 'fastify'
import { apiRefusal } from '../http/api-refusal.js'
import { bearerToken, insufficientScope } from '../token/bearer.js'
import type { EventDraft } from '../state/calendar/event.js'
import type { Calendar } from '../state/calendar/calendar.js'
import { listEvents } from './event-list.js'
import { queryOf } from '../http/forms.js'
import { PATHS } from '../http/paths.js'
import type { World } from '../state/world.js'

const PREFIX = 'https://www.googleapis.com/auth/'
const WRITING = [`${PREFIX}calendar`, `${PREFIX}calendar.events`]
const READING = [...WRITING, `${PREFIX}calendar.readonly`, `${PREFIX}calendar.events.readonly`]

type EventRequest = FastifyRequest<{ Params: { calendarId: string; eventId: string } }>

/**
 * The events of the Calendar API. A user has one calendar, named `primary` or by the e-mail address.
 * @see https://developers.google.com/workspace/calendar/api/v3/reference/events
 */
export function calendarRoutes(app: FastifyInstance, world: World): void {
  const open = (
    request: EventRequest,
    scopes: readonly string[],
    method: string
  ): { calendar: Calendar; email: string } => {
    const held = bearerToken(world, request)
    if (!scopes.some((scope) => held.scopes.has(scope))) throw insufficientScope(scopes, `calendar.v3.Events.${method}`)
    const email = world.users.find(held.sub)?.email ?? held.sub
    const { calendarId } = request.params
    if (calendarId !== 'primary' && calendarId.toLowerCase() !== email.toLowerCase()) {
      throw apiRefusal(404, 'notFound', 'Not Found')
    }
    return { calendar: world.calendars.of(held.sub), email }
  }

  const events = `${PATHS.calendar}:calendarId/events`
  const event = `${events}/:eventId`

  app.get(events, (request: EventRequest) => {
    const { calendar, email } = open(request, READING, 'List')
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
    const { calendar, email } = open(request, WRITING, 'Insert')
    const person = { email, self: true }
    return calendar.insert({ creator: person, organizer: person, ...bodyOf(request) })
  })

  app.get(event, (request: EventRequest) => open(request, READING, 'Get').calendar.get(request.params.eventId))

  app.put(event, (request: EventRequest) => {
    const { calendar } = open(request, WRITING, 'Update')
    return calendar.change(request.params.eventId, bodyOf(request), { etag: request.headers['if-match'] })
  })

  app.patch(event, (request: EventRequest) => {
    const { calendar } = open(request, WRITING, 'Patch')
    return calendar.change(request.params.eventId, bodyOf(request), { merge: true, etag: request.headers['if-match'] })
  })

  app.delete(event, (request: EventRequest, reply) => {
    open(request, WRITING, 'Delete').calendar.delete(request.params.eventId)
    return reply.code(204).send()
  })
}

function bodyOf({ body }: FastifyRequest): EventDraft {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof URLSearchParams) {
    throw apiRefusal(400, 'parseError', 'The body must be a JSON object')
  }
  return body as EventDraft
}
