import type { FastifyInstance } from 'fastify'
import { apiRefusal } from '../http/api-refusal.js'
import { PATHS } from '../http/paths.js'
import { newId } from '../state/secrets.js'
import type { World } from '../state/world.js'
import { calendarOf, callerOf, SCOPES } from './access.js'

const LIST = `${PATHS.calendar}users/me/calendarList`

const entryOf = (email: string) => ({
  kind: 'calendar#calendarListEntry',
  etag: '"1"',
  id: email,
  summary: email,
  timeZone: 'UTC',
  colorId: '14',
  backgroundColor: '#9fe1e7',
  foregroundColor: '#000000',
  selected: true,
  accessRole: 'owner',
  defaultReminders: [],
  primary: true
})

/**
 * The calendars of a user, of which there is one.
 * @see https://developers.google.com/workspace/calendar/api/v3/reference/calendarList
 */
export function calendarListRoutes(app: FastifyInstance, world: World): void {
  app.get(LIST, async (request) => {
    const { email } = callerOf(world, request, SCOPES.list, 'CalendarList.List')
    return { kind: 'calendar#calendarList', etag: '"1"', nextSyncToken: newId(), items: [entryOf(email)] }
  })

  app.get<{ Params: { calendarId: string } }>(`${LIST}/:calendarId`, async (request) => {
    const caller = callerOf(world, request, SCOPES.list, 'CalendarList.Get')
    if (!calendarOf(world, caller, request.params.calendarId)) throw apiRefusal(404, 'notFound', 'Not Found')
    return entryOf(caller.email)
  })
}
