import type { ConnectedAccount } from '../accounts.js'
import type { Agenda } from '../agenda.js'
import { eventForm, type EventForm } from './event-form.js'
import { closedNotice, eventList } from './event-list.js'
import { html } from './html.js'
import type { Page } from './page.js'

interface EventsView {
  agenda: Agenda
  accounts: readonly ConnectedAccount[]
  form: EventForm
}

/** The upcoming events of all accounts, by day, and the form for a new one. */
export function eventsPage({ agenda, accounts, form }: EventsView): Page {
  return {
    title: Object.keys(form.problems).length > 0 ? 'Please check your event' : 'Events',
    body: html`<div class="heading">
        <h1>Events</h1>
        <a class="button main to-form" href="#new">Add an event</a>
      </div>
      ${agenda.closed.map(closedNotice)}
      <div class="columns">
        <section aria-labelledby="upcoming">
          <h2 id="upcoming">Coming up</h2>
          ${
            agenda.entries.length === 0
              ? html`<p class="panel">Nothing is planned. Enjoy the quiet, or add something.</p>`
              : eventList(agenda, accounts.length > 1)
          }
        </section>
        ${eventForm(form)}
      </div>`
  }
}
