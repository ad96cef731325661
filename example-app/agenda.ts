import type { calendar_v3 } from '@googleapis/calendar'
import type { FastifyRequest } from 'fastify'
import { AccountNotConnectedError, GoogleAuthError, GrantLostError } from 'fastify-google-auth'
import { allowUrl, type ConnectedAccount, opensCalendar } from './accounts.js'
import { CalendarRefusedError, CalendarUnavailableError, MOST_EVENTS, UserCalendar } from './calendar.js'

export interface Entry {
  event: calendar_v3.Schema$Event
  account: ConnectedAccount
}

/** An account whose events are not in the agenda. */
export interface ClosedCalendar {
  account: ConnectedAccount
  why: 'lost' | 'refused' | 'unavailable'
  error: Error
  /** Where the user can allow it. */
  allowUrl: string
}

/** The next events of several accounts. */
export interface Agenda {
  /** By time. */
  entries: Entry[]
  closed: ClosedCalendar[]
  /** That of the first open calendar: all times are shown in it. */
  timeZone: string
}

interface OpenCalendar {
  account: ConnectedAccount
  events: calendar_v3.Schema$Event[]
  timeZone: string
}

/** The next events of all accounts in one list. An account that cannot be read is among `closed`. */
export async function agendaOf(
  request: FastifyRequest,
  accounts: readonly ConnectedAccount[],
  rootUrl: string
): Promise<Agenda> {
  const readings = await Promise.all(accounts.map((account) => read(request, account, rootUrl)))
  const open = readings.filter((reading) => 'events' in reading)
  const closed = readings.filter((reading) => 'error' in reading)
  for (const { error } of closed) request.log.warn(error)
  const timeZone = open[0]?.timeZone ?? 'UTC'
  const entries = open.flatMap(({ account, events }) => events.map((event) => ({ event, account })))
  // The calendars were cut at this number, too: after it, events of some would be missing between those of the others.
  const next = entries.sort(byTime(timeZone)).slice(0, MOST_EVENTS)
  return { entries: next, closed, timeZone }
}

async function read(
  request: FastifyRequest,
  account: ConnectedAccount,
  rootUrl: string
): Promise<OpenCalendar | ClosedCalendar> {
  const closed = (why: ClosedCalendar['why'], error: Error): ClosedCalendar => ({
    account,
    why,
    error,
    allowUrl: allowUrl(request.server, account.account)
  })
  try {
    if (account.state === 'active' && !opensCalendar(account)) throw new CalendarRefusedError(account.account)
    return { account, ...(await new UserCalendar(request, account.account, rootUrl).upcoming()) }
  } catch (error) {
    if (error instanceof GrantLostError || error instanceof AccountNotConnectedError) return closed('lost', error)
    if (error instanceof CalendarRefusedError) return closed('refused', error)
    if (error instanceof CalendarUnavailableError || error instanceof GoogleAuthError)
      return closed('unavailable', error)
    throw error
  }
}

/** By day in the time zone; within a day those that last the whole day come first. */
function byTime(timeZone: string): (one: Entry, other: Entry) => number {
  const day = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })
  const place = ({ event: { start } }: Entry): [day: string, moment: number] => {
    if (start?.date) return [start.date, 0]
    const moment = Date.parse(start?.dateTime ?? '')
    return Number.isNaN(moment) ? ['', 0] : [day.format(moment), moment]
  }
  return (one, other) => {
    const [[oneDay, oneMoment], [otherDay, otherMoment]] = [place(one), place(other)]
    return oneDay === otherDay ? oneMoment - otherMoment : oneDay < otherDay ? -1 : 1
  }
}
