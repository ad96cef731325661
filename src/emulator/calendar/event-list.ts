import { apiRefusal } from '../http/api-refusal.js'
import { type CalendarEvent, momentOf } from '../state/calendar/event.js'
import { momentIn } from './moment.js'

/** Google's default and maximum of `maxResults`. */
const DEFAULT_RESULTS = 250
const MOST_RESULTS = 2500

const badRequest = (message: string) => apiRefusal(400, 'badRequest', message)

function moment(query: URLSearchParams, name: string, otherwise: number): number {
  const value = query.get(name)
  return value === null ? otherwise : momentIn(value)
}

function whole(value: string | null, otherwise: number, most: number): number {
  if (value === null) return otherwise
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < 1)
    throw apiRefusal(400, 'invalidParameter', `Invalid integer value: '${value}'.`)
  return Math.min(number, most)
}

type Order = (one: CalendarEvent, other: CalendarEvent) => number

function orderOf(query: URLSearchParams): Order {
  const orderBy = query.get('orderBy')
  if (orderBy === 'updated') return (one, other) => Date.parse(one.updated) - Date.parse(other.updated)
  if (orderBy === 'startTime') {
    if (query.get('singleEvents') === 'true') return (one, other) => momentOf(one.start) - momentOf(other.start)
    throw badRequest('The requested ordering is not available for the particular query.')
  }
  if (orderBy !== null) throw apiRefusal(400, 'invalidParameter', `Invalid string value: '${orderBy}'.`)
  return () => 0
}

// The token holds the place and the query: Google refuses a token that comes with other parameters.
function pageToken(place: number, query: URLSearchParams): string {
  const others = new URLSearchParams([...query].filter(([name]) => name !== 'pageToken' && name !== 'maxResults'))
  others.sort()
  return Buffer.from(`${place} ${others.toString()}`).toString('base64url')
}

function placeOf(query: URLSearchParams): number {
  const token = query.get('pageToken')
  if (token === null) return 0
  const place = Number.parseInt(Buffer.from(token, 'base64url').toString(), 10)
  if (!(place >= 0) || token !== pageToken(place, query)) throw badRequest('Invalid page token value.')
  return place
}

/**
 * One page of the events for a list request.
 * @see https://developers.google.com/workspace/calendar/api/v3/reference/events/list
 */
export function listEvents(
  events: readonly CalendarEvent[],
  query: URLSearchParams
): { items: CalendarEvent[]; nextPageToken?: string } {
  const timeMin = moment(query, 'timeMin', -Infinity)
  const timeMax = moment(query, 'timeMax', Infinity)
  if (timeMin >= timeMax) throw apiRefusal(400, 'timeRangeEmpty', 'The specified time range is empty.')
  const words = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const found = events
    .filter(({ start, end }) => momentOf(end) > timeMin && momentOf(start) < timeMax)
    .filter(({ summary = '', description = '', location = '' }) => {
      const text = [summary, description, location].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .sort(orderOf(query))
  const place = placeOf(query)
  const end = place + whole(query.get('maxResults'), DEFAULT_RESULTS, MOST_RESULTS)
  return {
    items: found.slice(place, end),
    ...(end < found.length ? { nextPageToken: pageToken(end, query) } : {})
  }
}
