import type { GoogleUser } from 'fastify-google-auth'
import type { Agenda } from '../agenda.js'
import { closedNotice, eventList } from './event-list.js'
import { googleButton } from './google-button.js'
import { html, type Html } from './html.js'
import type { Page } from './page.js'

/** The home page has room for so many events. */
const SHOWN = 3

/** The home page for somebody who is not signed in. */
export function invitationPage(startUrl: string): Page {
  return {
    title: 'Welcome',
    body: html`<section class="hero">
        <h1>What is next in your calendar?</h1>
        <p class="lead">Datebook shows your next events and adds new ones. Sign in to begin.</p>
        ${googleButton(startUrl)}
      </section>
      <section class="facts" aria-labelledby="promises">
        <h2 id="promises">What it asks you for</h2>
        <ul>
          <li><strong>At sign-in:</strong> your name and your email address. Nothing else.</li>
          <li>
            <strong>When you open your events:</strong> whether it may see and change them. You can say no and still use
            the rest.
          </li>
          <li><strong>Whenever you like:</strong> sign out, or disconnect it from your Google Account.</li>
        </ul>
      </section>`
  }
}

/** The home page of a user: what is next in their accounts. `agenda` is null when no calendar was asked for yet. */
export function homePage(user: GoogleUser, agenda: Agenda | null, accounts: number): Page {
  return {
    title: 'Home',
    body: html`<h1>Hello, ${user.givenName ?? user.name ?? user.email ?? 'you'}</h1>
      ${agenda?.closed.map(closedNotice)}
      <section class="next" aria-labelledby="next">
        <h2 id="next">Coming up</h2>
        ${agenda ? next(agenda, accounts) : notAsked}
      </section>`
  }
}

const notAsked = html`<div class="panel">
  <p>Datebook does not see your calendar yet. Google asks you whether it may when you open your events.</p>
  <p class="buttons"><a class="button main" href="/events">Show my events</a></p>
</div>`

function next(agenda: Agenda, accounts: number): Html {
  const entries = agenda.entries.slice(0, SHOWN)
  if (agenda.closed.length === accounts) return html`<p class="panel">Your events cannot be shown just now.</p>`
  return html`${
      entries.length > 0
        ? eventList({ ...agenda, entries }, accounts > 1)
        : html`<p class="panel">Nothing is planned.</p>`
    }
    <p class="buttons">
      <a class="button main" href="/events">All events</a>
      <a class="button" href="/events#new">Add an event</a>
    </p>`
}
