import type { calendar_v3 } from '@googleapis/calendar'
import type { Agenda, ClosedCalendar, Entry } from '../agenda.js'
import { html, type Html } from './html.js'

type CalendarEvent = calendar_v3.Schema$Event

/** The events of an agenda, by day. With `several` accounts each event names its own one. */
export function eventList({ entries, timeZone }: Agenda, several: boolean): Html {
  const days = new Map<string, { day: Html; ofDay: Entry[] }>()
  for (const entry of entries) {
    const day = dayOf(entry.event, timeZone)
    const { ofDay } = days.get(day.markup) ?? { ofDay: [] }
    days.set(day.markup, { day, ofDay: [...ofDay, entry] })
  }
  return html`${[...days.values()].map(
      ({ day, ofDay }) =>
        html`<h3>${day}</h3>
          <ul class="events">
            ${ofDay.map((entry) => item(entry, timeZone, several))}
          </ul>`
    )}
    <p class="soft">Times are those of your ${several && 'first '}calendar: ${timeZone.replaceAll('_', ' ')}.</p>`
}

/** What is wrong with a calendar that is not in the list, and the way out. */
export function closedNotice({ account, why, allowUrl }: ClosedCalendar): Html {
  const [message, href, link] = {
    lost: ['has lost its connection with Google.', allowUrl, 'Connect it again'],
    refused: ['does not let Datebook see its calendar.', allowUrl, 'Allow the calendar'],
    unavailable: ['cannot be reached at Google just now.', '', 'Try again']
  }[why] as [string, string, string]
  return html`<p class="notice warning">
    <span><strong>${account.label}</strong> ${message}</span>
    <a href="${href}">${link}<span class="for-ears"> for ${account.label}</span></a>
  </p>`
}

/** The day of an event in words. A whole-day event has a `date` without a time zone, any other a `dateTime`. */
function dayOf({ start }: CalendarEvent, timeZone: string): Html {
  const moment = new Date(start?.date ?? start?.dateTime ?? NaN)
  const zone = start?.date ? 'UTC' : timeZone
  const words = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', timeZone: zone })
  const digits = new Intl.DateTimeFormat('sv', { dateStyle: 'short', timeZone: zone })
  return html`<time datetime="${digits.format(moment)}">${words.format(moment)}</time>`
}

function timeOf({ start, end }: CalendarEvent, timeZone: string): Html {
  if (!start?.dateTime || !end?.dateTime) return html`<span class="time">All day</span>`
  const format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone })
  const [from, to] = [start.dateTime, end.dateTime].map(
    (moment) => html`<time datetime="${moment}">${format.format(new Date(moment))}</time>`
  )
  return html`<span class="time">${from} – ${to}</span>`
}

/** One event. With several accounts it has the colour of its own one, and its name, which says the same without colour. */
function item({ event, account }: Entry, timeZone: string, several: boolean): Html {
  return html`<li ${several && html`class="marked colour-${account.colour}"`}>
    ${timeOf(event, timeZone)}
    <span class="what">
      <strong>${event.summary ?? 'Busy'}</strong>
      ${event.location && html`<span class="soft">${event.location}</span>`}
      ${several && html`<span class="soft"><span class="dot"></span>${account.label}</span>`}
    </span>
  </li>`
}
