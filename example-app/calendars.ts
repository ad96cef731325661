import type { calendar_v3 } from '@googleapis/calendar'
import type { FastifyRequest } from 'fastify'
import type { GoogleAccount } from 'fastify-google-auth'
import { UserCalendar } from './calendar.js'
import { CALENDAR_EVENTS } from './scopes.js'

/** An account with a calendar that can be read, or not. */
export interface CalendarAccount extends GoogleAccount {
  isReadable: boolean
}

/** An event, and the position of its account in the list of accounts. */
export interface AccountEvent {
  event: calendar_v3.Schema$Event
  position: number
}

/** The upcoming events of all accounts in one list, and the time zone of the user's own calendar. */
export interface Upcoming {
  accounts: CalendarAccount[]
  events: AccountEvent[]
  timeZone: string
}

/**
 * Reads the calendars of all accounts of the user. An added account that cannot be read is marked as such and does not spoil the
 * page; the errors of the own account are thrown, so that the guard can ask for what is missing.
 */
export async function upcomingOfAll(request: FastifyRequest, rootUrl: string): Promise<Upcoming> {
  const accounts = await request.googleAccounts()
  const own = new UserCalendar(request, rootUrl).upcoming()
  const calendars = await Promise.all(
    accounts.map(async ({ account, isDefault, state, scopes }) => {
      if (isDefault) return own
      if (state === 'lost' || !scopes.includes(CALENDAR_EVENTS)) return null
      return new UserCalendar(request, rootUrl, account).upcoming().catch((error: unknown) => {
        request.log.warn({ err: error, account }, 'The calendar of an added account cannot be read')
        return null
      })
    })
  )
  const { timeZone } = await own
  const events = calendars.flatMap((calendar, position) => calendar?.events.map((event) => ({ event, position })) ?? [])
  return {
    accounts: accounts.map((account, position) => ({ ...account, isReadable: calendars[position] !== null })),
    events: events.sort((one, other) => startOf(one.event) - startOf(other.event)),
    timeZone
  }
}

function startOf({ start }: calendar_v3.Schema$Event): number {
  return Date.parse(start?.dateTime ?? start?.date ?? '')
}
