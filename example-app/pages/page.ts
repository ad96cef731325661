import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Google } from '../google.js'
import { ICON, STYLE } from '../routes/public.js'
import { html, type Html } from './html.js'

/** A page of the app, without the header and footer that all pages share. */
export interface Page {
  title: string
  body: Html
}

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a page, with the header and footer that all pages share. */
    page(page: Page): FastifyReply
  }
}

/** Where the plugin's route sends the browser after a sign-out. */
const SIGNED_OUT = new URLSearchParams({ return_to: '/?done=signed-out' }).toString()

const NAVIGATION = { '/': 'Home', '/events': 'Events', '/me': 'Who am I', '/account': 'Account' }

/** The notice on top of a page, by the value of `done` in its query. */
const DONE: Readonly<Record<string, string>> = {
  added: 'Your event is in the calendar.',
  'signed-out': 'You are signed out.',
  'signed-out-everywhere': 'You are signed out, here and on every other device.',
  connected: 'The account is connected.',
  'account-disconnected': 'The account is disconnected. Where somebody else has added it, their access goes on.',
  disconnected:
    'Datebook is no longer connected with your Google Account. Where somebody else has added the account, their access goes on.'
}

function notice(query: unknown): Html | null {
  const { done } = query as { done?: unknown }
  const text = typeof done === 'string' && Object.hasOwn(DONE, done) ? DONE[done] : null
  return text ? html`<p class="notice" role="status">${text}</p>` : null
}

/** Adds `reply.page`. */
export function pages(app: FastifyInstance, google: Google): void {
  app.decorateReply('page', function (this: FastifyReply, { title, body }: Page) {
    const { googleUser: user, query, url } = this.request
    const path = url.split('?')[0]
    const links = Object.entries(NAVIGATION).map(
      ([href, name]) => html`<a href="${href}" ${href === path && html`aria-current="page"`}>${name}</a>`
    )
    const text = html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title} – Datebook</title>
          <link rel="stylesheet" href="${STYLE.address}" />
          <link rel="icon" href="${ICON.address}" type="image/svg+xml" />
        </head>
        <body>
          <a class="skip" href="#content">Skip to the content</a>
          <header>
            <a class="brand" href="/"><img src="${ICON.address}" alt="" width="28" height="28" />Datebook</a>
            <nav aria-label="Main">${links}</nav>
            ${
              user &&
              html`<p class="who"><span class="for-ears">Signed in as </span>${user.email ?? user.name}</p>
                <form method="post" action="/auth/signout?${SIGNED_OUT}"><button>Sign out</button></form>`
            }
          </header>
          <main id="content" tabindex="-1">${notice(query)}${body}</main>
          <footer>
            <p>An example app of <strong>fastify-google-auth</strong>.</p>
            ${
              google.isEmulator &&
              html`<p>
                It works with a Google emulator: the accounts and calendars are made up, and nothing leaves this
                machine.
              </p>`
            }
          </footer>
        </body>
      </html> `
    // After a sign-out, the back button must not show what the user saw before.
    return this.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(text.markup)
  })
}
