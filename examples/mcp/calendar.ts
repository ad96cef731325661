import type { GoogleClient } from 'fastify-google-auth'

/** An event, as the tools show it. */
export interface CalendarEvent {
  summary: string
  start: string
  end: string
}

/** The Calendar API refused a call, or did not answer. It holds nothing of the request, which had a token. */
export class CalendarError extends Error {}

type Fetcher = Pick<GoogleClient, 'fetch'>

/** The calendar of one Google account. */
export class Calendar {
  readonly #client: Fetcher
  readonly #events: string

  constructor(client: Fetcher, api: string) {
    this.#client = client
    this.#events = `${api}/calendars/primary/events`
  }

  /** The next events, the first to begin first. */
  async upcoming(count: number): Promise<CalendarEvent[]> {
    const query = new URLSearchParams({
      timeMin: new Date().toISOString(),
      maxResults: String(count),
      singleEvents: 'true',
      orderBy: 'startTime'
    })
    const { items = [] } = (await this.#call(`${this.#events}?${query.toString()}`)) as { items?: GoogleEvent[] }
    return items.map(shown)
  }

  async add({ summary, start, end }: CalendarEvent): Promise<CalendarEvent> {
    const event = { summary, start: { dateTime: start }, end: { dateTime: end } }
    return shown(
      (await this.#call(this.#events, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(event)
      })) as GoogleEvent
    )
  }

  async #call(url: string, init?: RequestInit): Promise<unknown> {
    const response = await this.#client.fetch(url, init)
    if (response.ok) return response.json()
    await response.body?.cancel()
    throw new CalendarError(`Google Calendar refused the call (${response.status}).`)
  }
}

interface GoogleEvent {
  summary?: string
  start?: GoogleTime
  end?: GoogleTime
}

interface GoogleTime {
  date?: string
  dateTime?: string
}

function shown({ summary = 'Untitled', start, end }: GoogleEvent): CalendarEvent {
  return { summary, start: timeOf(start), end: timeOf(end) }
}

function timeOf(time: GoogleTime | undefined): string {
  return time?.dateTime ?? time?.date ?? ''
}
