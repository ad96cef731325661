import { Calendar } from './calendar.js'

const HOUR_MS = 3_600_000

/** The calendars of all users. A new one has a few events in the next days. */
export class Calendars {
  readonly #now: () => number
  readonly #bySub = new Map<string, Calendar>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** The calendar of a user, made at the first call. */
  of(sub: string): Calendar {
    const known = this.#bySub.get(sub)
    if (known) return known
    const calendar = new Calendar(this.#now)
    this.#bySub.set(sub, calendar)
    const hour = Math.ceil(this.#now() / HOUR_MS) * HOUR_MS
    const at = (ms: number) => ({ dateTime: new Date(ms).toISOString() })
    const seed = (summary: string, afterHours: number, location: string) =>
      calendar.insert({
        summary,
        location,
        start: at(hour + afterHours * HOUR_MS),
        end: at(hour + (afterHours + 1) * HOUR_MS)
      })
    seed('Coffee with Charles', 2, 'The corner café')
    seed('Review of the Analytical Engine', 26, 'Room 1842')
    seed('Debugging club', 75, 'Harvard, in front of the Mark II')
    return calendar
  }
}
