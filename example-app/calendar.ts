import { calendar, type calendar_v3 } from '@googleapis/calendar'
import type { FastifyRequest } from 'fastify'
import { GoogleAuthError } from 'fastify-google-auth'

/** The most events that are read and shown. */
export const MOST_EVENTS = 25

/** The Calendar API does not answer, or answers with a failure of its own. */
export class CalendarUnavailableError extends Error {
  readonly statusCode = 503
}

/** The Calendar API refuses: the user has taken the permission back, or the API is not enabled for the project. */
export class CalendarRefusedError extends Error {
  readonly statusCode = 403
  /** The `sub` of the account whose calendar it is. */
  readonly account: string

  constructor(account: string, cause?: unknown) {
    super('Google Calendar refuses the request.', { cause })
    this.account = account
  }
}

/** The calendar of one account of the user who makes the request. */
export class UserCalendar {
  readonly #account: string
  readonly #api: calendar_v3.Calendar

  constructor(request: FastifyRequest, account: string, rootUrl: string) {
    this.#account = account
    this.#api = calendar({ version: 'v3', auth: request.googleClientFor(account).auth, rootUrl })
  }

  /** The next events, and the time zone the calendar is kept in. */
  async upcoming(): Promise<{ events: calendar_v3.Schema$Event[]; timeZone: string }> {
    const { data } = await this.#reached(
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
    await this.#reached(this.#api.events.insert({ calendarId: 'primary', requestBody: event }))
  }

  /**
   * The call's result. A failed call becomes one of the two errors above. The plugin's own errors pass: its error handling sends
   * a browser to sign in or to connect the account again where that helps.
   */
  async #reached<T>(call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      if (error instanceof GoogleAuthError) throw error
      if ((error as { status?: unknown }).status === 403) throw new CalendarRefusedError(this.#account, error)
      throw new CalendarUnavailableError('Google Calendar does not answer as it should.', { cause: error })
    }
  }
}
