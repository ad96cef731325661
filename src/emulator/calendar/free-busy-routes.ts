import type { FastifyInstance } from 'fastify'
import { apiRefusal } from '../http/api-refusal.js'
import { PATHS } from '../http/paths.js'
import { type CalendarEvent, momentOf } from '../state/calendar/event.js'
import type { World } from '../state/world.js'
import { calendarOf, callerOf, objectIn, SCOPES } from './access.js'
import { momentIn } from './moment.js'

interface Span {
  start: number
  end: number
}

/** The times that the events take within `range`, in order; those that touch are one. */
function busyTimes(events: readonly CalendarEvent[], range: Span): Span[] {
  const busy: Span[] = []
  const taken = events
    .filter(({ transparency, status }) => transparency !== 'transparent' && status !== 'cancelled')
    .map(({ start, end }) => ({
      start: Math.max(momentOf(start), range.start),
      end: Math.min(momentOf(end), range.end)
    }))
    .filter(({ start, end }) => start < end)
    .sort((one, other) => one.start - other.start)
  for (const { start, end } of taken) {
    const last = busy.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else busy.push({ start, end })
  }
  return busy
}

/**
 * The busy times of calendars.
 * @see https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
 */
export function freeBusyRoutes(app: FastifyInstance, world: World): void {
  const text = (ms: number) => new Date(ms).toISOString()

  app.post(`${PATHS.calendar}freeBusy`, async (request) => {
    const caller = callerOf(world, request, SCOPES.freeBusy, 'Freebusy.Query')
    const { timeMin, timeMax, items } = objectIn(request)
    const range = { start: momentIn(timeMin), end: momentIn(timeMax) }
    if (range.start >= range.end) throw apiRefusal(400, 'timeRangeEmpty', 'The specified time range is empty.')
    const ids = (Array.isArray(items) ? items : []).map((item: { id?: unknown }) => String(item.id))
    const calendars = ids.map((id) => {
      const calendar = calendarOf(world, caller, id)
      if (!calendar) return [id, { errors: [{ domain: 'global', reason: 'notFound' }], busy: [] }]
      const busy = busyTimes(calendar.events, range)
      return [id, { busy: busy.map(({ start, end }) => ({ start: text(start), end: text(end) })) }]
    })
    return {
      kind: 'calendar#freeBusy',
      timeMin: text(range.start),
      timeMax: text(range.end),
      calendars: Object.fromEntries(calendars) as Record<string, unknown>
    }
  })
}
