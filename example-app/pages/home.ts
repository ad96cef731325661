import type { GoogleUser } from 'fastify-google-auth'
import { googleButton } from './google-button.js'
import { html } from './html.js'
import type { Page } from './page.js'

/** The home page: an invitation to sign in, or links for a user who is signed in. */
export function homePage(user: GoogleUser | null, startUrl: string): Page {
  return user ? welcome(user) : invitation(startUrl)
}

function invitation(startUrl: string): Page {
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

function welcome(user: GoogleUser): Page {
  return {
    title: 'Home',
    body: html`<h1>Hello, ${user.givenName ?? user.name ?? user.email ?? 'you'}</h1>
      <p class="lead">Where would you like to go?</p>
      <ul class="cards">
        <li>
          <a href="/events"><strong>Events</strong> <span>See what is next, and add something new.</span></a>
        </li>
        <li>
          <a href="/me"><strong>Who am I</strong> <span>What Google told this app about you.</span></a>
        </li>
        <li>
          <a href="/account"><strong>Account</strong> <span>What you have allowed, sign out, disconnect.</span></a>
        </li>
      </ul>`
  }
}
