import { calendar, type calendar_v3 } from '@googleapis/calendar'
import type { FastifyRequest } from 'fastify'
import { GoogleAuthError } from 'fastify-google-auth'

const MOST_EVENTS = 25

/** The Calendar API does not answer, or answers with a failure of its own. */
export class CalendarUnavailableError extends Error {
  readonly statusCode = 503
}

/** The Calendar API refuses: the user has taken the permission back, or the API is not enabled for the project. */
export class CalendarRefusedError extends Error {
  readonly statusCode = 403
}

/** The calendar of one Google account of the user who makes the request. Default: the account they sign in with. */
export class UserCalendar {
  readonly #api: calendar_v3.Calendar

  constructor(request: FastifyRequest, rootUrl: string, account?: string) {
    const { auth } = account === undefined ? request.googleClient : request.googleClientFor(account)
    this.#api = calendar({ version: 'v3', auth, rootUrl })
  }

  /** The next events, and the time zone the calendar is kept in. */
  async upcoming(): Promise<{ events: calendar_v3.Schema$Event[]; timeZone: string }> {
    const { data } = await reached(
      this.#api.events.list({
        calendarId: 'primary',
        timeMin: new Date().toISOString(),
        maxResults: MOST_EVENTS,
        singleEvents: true,
        orderBy: 'startTime'
      })
    )
    return { events: data.items ?? [], timeZone: data.timeZone ?? 'UTC' }
  }

  async add(event: calendar_v3.Schema$Event): Promise<void> {
    await reached(this.#api.events.insert({ calendarId: 'primary', requestBody: event }))
  }
}

/**
 * The call's result. A failed call becomes one of the two errors above. The plugin's own errors pass: its error handling sends a
 * browser to sign in again where that helps.
 */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof GoogleAuthError) throw error
    if ((error as { status?: unknown }).status === 403) {
      throw new CalendarRefusedError('Google Calendar refuses the request.', { cause: error })
    }
    throw new CalendarUnavailableError('Google Calendar does not answer as it should.', { cause: error })
  }
}
