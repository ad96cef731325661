import type { calendar_v3 } from '@googleapis/calendar'

/** The fields of the form, as text. */
export interface EventFields {
  summary: string
  /** Local time in `timeZone`, as `<input type="datetime-local">` sends it: `2026-11-24T10:30`. */
  start: string
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
  return {
    summary: '',
    start: nowIn(timeZone, HOUR_MS).replace(/\d\d$/, '00'),
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
    start: text('start'),
    minutes: text('minutes'),
    location: text('location'),
    timeZone: isTimeZone(timeZone) ? timeZone : 'UTC',
    account: text('account')
  }
}

/** What is wrong with the fields; empty if nothing is. The event may go to one of `accounts`. */
export function problemsOf(
  { summary, start, minutes, location, timeZone, account }: EventFields,
  accounts: readonly string[]
): FieldProblems {
  const problems: FieldProblems = {}
  if (summary === '') problems.summary = 'Give the event a name, so that you know it again.'
  else if (summary.length > LONGEST_TEXT) problems.summary = `Please keep the name below ${LONGEST_TEXT} characters.`
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(start) || Number.isNaN(Date.parse(`${start}Z`))) {
    problems.start = 'Choose a day and a time.'
  } else if (start < nowIn(timeZone)) problems.start = 'That time has passed. Choose one that is still to come.'
  if (!Object.hasOwn(DURATIONS, minutes)) problems.minutes = 'Choose how long it lasts.'
  if (location.length > LONGEST_TEXT) problems.location = `Please keep the place below ${LONGEST_TEXT} characters.`
  if (!accounts.includes(account)) problems.account = 'Choose a calendar that is open to Datebook.'
  return problems
}

/** The event for the Calendar API. The fields must have no problems. */
export function eventFrom({ summary, start, minutes, location, timeZone }: EventFields): calendar_v3.Schema$Event {
  const end = new Date(Date.parse(`${start}Z`) + Number(minutes) * MINUTE_MS).toISOString().slice(0, 19)
  return {
    summary,
    ...(location && { location }),
    start: { dateTime: `${start}:00`, timeZone },
    end: { dateTime: end, timeZone }
  }
}
