import type { calendar_v3 } from '@googleapis/calendar'
import type { AccountEvent, CalendarAccount, Upcoming } from '../calendars.js'
import type { EventFields, FieldProblems } from '../event-form.js'
import { colourOf, nameOf } from './accounts.js'
import { eventForm } from './event-form.js'
import { html, type Html } from './html.js'
import type { Page } from './page.js'

type CalendarEvent = calendar_v3.Schema$Event

interface EventsView extends Upcoming {
  /** The path that connects an account. */
  connectUrl: string
  fields: EventFields
  problems?: FieldProblems
}

/** The upcoming events, by day, and the form for a new one. */
export function eventsPage({ accounts, events, timeZone, connectUrl, fields, problems = {} }: EventsView): Page {
  const days = new Map<string, AccountEvent[]>()
  for (const event of events) {
    const day = dayOf(event.event, timeZone)
    days.set(day, [...(days.get(day) ?? []), event])
  }
  const unreadable = accounts.filter(({ isReadable }) => !isReadable)
  return {
    title: Object.keys(problems).length > 0 ? 'Please check your event' : 'Events',
    body: html`<h1>Events</h1>
      <div class="columns">
        <section aria-labelledby="upcoming">
          <h2 id="upcoming">Coming up</h2>
          ${unreadable.map((account) => notice(account, connectUrl))} ${accounts.length > 1 && legend(accounts)}
          ${events.length === 0 && html`<p class="panel">Nothing is planned. Enjoy the quiet, or add something.</p>`}
          ${[...days].map(
            ([day, ofDay]) =>
              html`<h3>${day}</h3>
                <ul class="events">
                  ${ofDay.map((event) => item(event, timeZone, accounts))}
                </ul>`
          )}
          <p class="soft">Times are those of your calendar: ${timeZone.replaceAll('_', ' ')}.</p>
        </section>
        ${eventForm(fields, problems, accounts)}
      </div>`
  }
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

function item({ event, position }: AccountEvent, timeZone: string, accounts: readonly CalendarAccount[]): Html {
  return html`<li class="${colourOf(position)}">
    ${timeOf(event, timeZone)}
    <span class="what">
      <strong>${event.summary ?? 'Busy'}</strong>
      ${event.location && html`<span class="soft">${event.location}</span>`}
      ${accounts.length > 1 && html`<span class="soft">${nameOf(accounts[position])}</span>`}
    </span>
  </li>`
}

/** Which colour is which account. */
function legend(accounts: readonly CalendarAccount[]): Html {
  return html`<ul class="legend">
    ${accounts.map((account, position) => html`<li><span class="dot ${colourOf(position)}"></span>${nameOf(account)}</li>`)}
  </ul>`
}

function notice(account: CalendarAccount, connectUrl: string): Html {
  const again = `${connectUrl}&${new URLSearchParams({ login_hint: account.account }).toString()}`
  return html`<p class="panel">
    The calendar of ${nameOf(account)} cannot be read. <a href="${again}">Give access again</a>
  </p>`
}
