import type { calendar_v3 } from '@googleapis/calendar'

/** The fields of the form, as text. */
export interface EventFields {
  summary: string
  /** As `<input type="date">` sends it: `2026-11-24`. */
  day: string
  /** One of `TIMES`, by the clocks of `timeZone`. */
  time: string
  minutes: string
  location: string
  timeZone: string
  /** The `sub` of the account that gets the event. */
  account: string
}

/** For each wrong field, a sentence for the user. */
export type FieldProblems = Partial<Record<keyof EventFields, string>>

export const DURATIONS: Readonly<Record<string, string>> = {
  '30': 'half an hour',
  '60': 'one hour',
  '120': 'two hours',
  '240': 'four hours'
}

/** The times at which an event can begin. A field of type `time` would show them in the format of the browser, not in that of the list. */
export const TIMES: readonly string[] = Array.from({ length: 48 }, (_, half) => {
  const hour = String(Math.floor(half / 2)).padStart(2, '0')
  return `${hour}:${half % 2 === 0 ? '00' : '30'}`
})

const LONGEST_TEXT = 200
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The local time in a time zone, now or `aheadMs` later, as `2026-11-24T10:30`. */
function nowIn(timeZone: string, aheadMs = 0): string {
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return format.format(Date.now() + aheadMs).replace(' ', 'T')
}

function isTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}

/** The fields that a new form starts with: the next full hour, for one hour. */
export function emptyForm(timeZone: string, account = ''): EventFields {
  const [day = '', time = ''] = nowIn(timeZone, HOUR_MS).split('T')
  return {
    summary: '',
    day,
    time: time.replace(/\d\d$/, '00'),
    minutes: '60',
    location: '',
    timeZone,
    account
  }
}

/** The fields in a request's body, which may be anything: what is missing or not text becomes empty. */
export function fieldsOf(body: unknown): EventFields {
  const sent = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: string) => (typeof sent[name] === 'string' ? sent[name].trim() : '')
  const timeZone = text('timeZone')
  return {
    summary: text('summary'),
    day: text('day'),
    time: text('time'),
    minutes: text('minutes'),
    location: text('location'),
    timeZone: isTimeZone(timeZone) ? timeZone : 'UTC',
    account: text('account')
  }
}

/** What is wrong with the fields; empty if nothing is. The event may go to one of `accounts`. */
export function problemsOf(
  { summary, day, time, minutes, location, timeZone, account }: EventFields,
  accounts: readonly string[]
): FieldProblems {
  const problems: FieldProblems = {}
  if (summary === '') problems.summary = 'Give the event a name, so that you know it again.'
  else if (summary.length > LONGEST_TEXT) problems.summary = `Please keep the name below ${LONGEST_TEXT} characters.`
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) problems.day = 'Choose a day.'
  if (!TIMES.includes(time)) problems.time = 'Choose a time.'
  const now = nowIn(timeZone)
  if (!problems.day && day < now.slice(0, day.length))
    problems.day = 'That day has passed. Choose one that is still to come.'
  else if (!problems.day && !problems.time && `${day}T${time}` < now)
    problems.time = 'That time has passed. Choose one that is still to come.'
  if (!Object.hasOwn(DURATIONS, minutes)) problems.minutes = 'Choose how long it lasts.'
  if (location.length > LONGEST_TEXT) problems.location = `Please keep the place below ${LONGEST_TEXT} characters.`
  if (!accounts.includes(account)) problems.account = 'Choose a calendar that is open to Datebook.'
  return problems
}

/** The event for the Calendar API. The fields must have no problems. */
export function eventFrom({ summary, day, time, minutes, location, timeZone }: EventFields): calendar_v3.Schema$Event {
  const start = `${day}T${time}`
  const end = new Date(Date.parse(`${start}Z`) + Number(minutes) * MINUTE_MS).toISOString().slice(0, 19)
  return {
    summary,
    ...(location && { location }),
    start: { dateTime: `${start}:00`, timeZone },
    end: { dateTime: end, timeZone }
  }
}
