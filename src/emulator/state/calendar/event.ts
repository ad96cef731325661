import { apiRefusal } from '../../http/api-refusal.js'

/** The start or the end of an event: a day (`date`) or a moment (`dateTime`). */
export interface EventTime {
  /** A day, such as `2026-12-24`. */
  date?: string
  /** A moment, as RFC 3339 writes it. */
  dateTime?: string
  /** Needed where `dateTime` has no offset. */
  timeZone?: string
}

/** An event as a caller sends it. Other fields are kept as they are. */
export interface EventDraft {
  /** 5 to 1024 characters of `a` to `v` and digits; default: made up. */
  id?: string
  /** The title. */
  summary?: string
  /** More text. */
  description?: string
  /** Where it is. */
  location?: string
  /** When it begins. */
  start?: EventTime
  /** When it ends. */
  end?: EventTime
  /** Whatever else the Calendar API knows. */
  [field: string]: unknown
}

/** An event as the Calendar API returns it. */
export interface CalendarEvent extends EventDraft {
  /** The kind of resource. */
  kind: 'calendar#event'
  /** Differs after each change. */
  etag: string
  /** The event's id. */
  id: string
  /** `confirmed`, unless told otherwise. */
  status: string
  /** A link to the event. */
  htmlLink: string
  /** When it was made, as RFC 3339 writes it. */
  created: string
  /** When it was last changed, as RFC 3339 writes it. */
  updated: string
  /** When it begins. */
  start: EventTime
  /** When it ends. */
  end: EventTime
  /** How often it was changed. */
  sequence: number
}

const DATE = /^\d{4}-\d\d-\d\d$/
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?$/
/** Google's alphabet for ids that callers choose: base32hex. */
const EVENT_ID = /^[a-v0-9]{5,1024}$/

/** The moment in milliseconds since the epoch; NaN if it is not valid. Days, and times without an offset, are in UTC. */
export function momentOf({ date, dateTime }: EventTime): number {
  if (date !== undefined) return DATE.test(date) ? Date.parse(date) : NaN
  if (dateTime === undefined || !DATE_TIME.test(dateTime)) return NaN
  return Date.parse(/([Zz]|[+-]\d\d:\d\d)$/.test(dateTime) ? dateTime : `${dateTime}Z`)
}

function checkTime(name: 'start' | 'end', time: EventTime | undefined): void {
  if (time === undefined) throw apiRefusal(400, 'required', `Missing ${name} time.`)
  const { date, dateTime, timeZone } = time
  if ((date === undefined) === (dateTime === undefined)) throw apiRefusal(400, 'invalid', `Invalid ${name} time.`)
  if (Number.isNaN(momentOf(time))) throw apiRefusal(400, 'invalid', `Invalid value for: ${name} time`)
  if (dateTime !== undefined && timeZone === undefined && !/([Zz]|[+-]\d\d:\d\d)$/.test(dateTime)) {
    throw apiRefusal(400, 'required', `Missing time zone definition for ${name} time.`)
  }
}

/** The draft, which has both times. Throws Google's 400 for a draft that is not valid. */
export function checkDraft(draft: unknown): EventDraft & { start: EventTime; end: EventTime } {
  if (typeof draft !== 'object' || draft === null || Array.isArray(draft)) {
    throw apiRefusal(400, 'parseError', 'This API does not support parsing form-encoded input.')
  }
  const event = draft as EventDraft
  if (event.id !== undefined && !EVENT_ID.test(event.id)) throw apiRefusal(400, 'invalid', 'Invalid resource id value.')
  checkTime('start', event.start)
  checkTime('end', event.end)
  const { start = {}, end = {} } = event
  if ((start.date === undefined) !== (end.date === undefined)) {
    throw apiRefusal(400, 'invalid', 'Start and end times must either both be date or both be dateTime.')
  }
  if (momentOf(end) < momentOf(start) || (end.date !== undefined && end.date === start.date)) {
    throw apiRefusal(400, 'timeRangeEmpty', 'The specified time range is empty.')
  }
  return { ...event, start, end }
}
