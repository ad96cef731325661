import type { calendar_v3 } from '@googleapis/calendar'
import type { ConnectedAccount } from '../accounts.js'
import type { Agenda, ClosedCalendar, Entry } from '../agenda.js'
import { eventForm, type EventForm } from './event-form.js'
import { html, type Html } from './html.js'
import type { Page } from './page.js'

type CalendarEvent = calendar_v3.Schema$Event

interface EventsView {
  agenda: Agenda
  accounts: readonly ConnectedAccount[]
  form: EventForm
  /** The link on which the calendar of an account can be allowed. */
  allowUrl: (account: string) => string
}

/** The upcoming events of all accounts, by day, and the form for a new one. */
export function eventsPage({ agenda, accounts, form, allowUrl }: EventsView): Page {
  const { entries, closed, timeZone } = agenda
  const several = accounts.length > 1
  const days = new Map<string, Entry[]>()
  for (const entry of entries) {
    const day = dayOf(entry.event, timeZone)
    days.set(day, [...(days.get(day) ?? []), entry])
  }
  return {
    title: Object.keys(form.problems).length > 0 ? 'Please check your event' : 'Events',
    body: html`<h1>Events</h1>
      ${closed.map((calendar) => closedNotice(calendar, allowUrl))}
      <div class="columns">
        <section aria-labelledby="upcoming">
          <h2 id="upcoming">Coming up</h2>
          ${entries.length === 0 && html`<p class="panel">Nothing is planned. Enjoy the quiet, or add something.</p>`}
          ${[...days].map(
            ([day, ofDay]) =>
              html`<h3>${day}</h3>
                <ul class="events">
                  ${ofDay.map((entry) => item(entry, timeZone, several))}
                </ul>`
          )}
          <p class="soft">Times are those of your ${several && 'first '}calendar: ${timeZone.replaceAll('_', ' ')}.</p>
        </section>
        ${eventForm(form)}
      </div>`
  }
}

function closedNotice({ account, why }: ClosedCalendar, allowUrl: EventsView['allowUrl']): Html {
  const [message, href, link] = {
    lost: ['has lost its connection with Google.', allowUrl(account.account), 'Connect it again'],
    refused: ['does not let Datebook see its calendar.', allowUrl(account.account), 'Allow the calendar'],
    unavailable: ['cannot be reached at Google just now.', '/events', 'Try again']
  }[why] as [string, string, string]
  return html`<p class="notice warning">
    <span><strong>${account.label}</strong> ${message}</span>
    <a href="${href}">${link}<span class="for-ears"> for ${account.label}</span></a>
  </p>`
}

/** The day of an event in words. A whole-day event has a `date` without a time zone, any other a `dateTime`. */
function dayOf({ start }: CalendarEvent, timeZone: string): string {
  const day = { weekday: 'long', day: 'numeric', month: 'long' } as const
  return start?.date
    ? new Intl.DateTimeFormat('en-GB', { ...day, timeZone: 'UTC' }).format(new Date(start.date))
    : new Intl.DateTimeFormat('en-GB', { ...day, timeZone }).format(new Date(start?.dateTime ?? NaN))
}

function timeOf({ start, end }: CalendarEvent, timeZone: string): Html {
  if (!start?.dateTime || !end?.dateTime) return html`<span class="time">All day</span>`
  const format = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone })
  const from = html`<time datetime="${start.dateTime}">${format.format(new Date(start.dateTime))}</time>`
  return html`<span class="time">${from} – ${format.format(new Date(end.dateTime))}</span>`
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
