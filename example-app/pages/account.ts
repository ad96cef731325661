import type { GoogleUser } from 'fastify-google-auth'
import { scopeInWords } from '../scopes.js'
import { accountsSection, type AccountView } from './accounts.js'
import { html } from './html.js'
import type { Page } from './page.js'
import { time } from './time.js'

/** When the user gave access, when it ends if the user limited it (milliseconds since the epoch), and all accounts. */
export interface Access {
  grantedAt: number | undefined
  endsAt: number | undefined
  accounts: readonly AccountView[]
  /** The path that adds an account. */
  addUrl: string
}

/** Where the plugin's routes send the browser afterwards. */
const SIGNED_OUT = new URLSearchParams({ return_to: '/?done=signed-out' }).toString()
const DISCONNECTED = new URLSearchParams({ return_to: '/?done=disconnected' }).toString()

/** Who is signed in, what they have allowed, and the three ways out. */
export function accountPage(user: GoogleUser, { grantedAt, endsAt, accounts, addUrl }: Access): Page {
  return {
    title: 'Account',
    body: html`<h1>Account</h1>
      <section class="panel" aria-labelledby="connected">
        <h2 id="connected">Connected with Google</h2>
        <p>
          You are signed in as <strong>${user.email ?? user.name ?? user.sub}</strong>, in this browser since
          ${time(user.signedInAt)}.
        </p>
        ${grantedAt !== undefined && html`<p>You gave access on ${time(grantedAt)}.</p>`}
        ${endsAt !== undefined && html`<p>Your access ends on ${time(endsAt)}.</p>`}
        <h3>What you have allowed</h3>
        <ul class="scopes">
          ${user.scopes.map((scope) => html`<li>${scopeInWords(scope)} <code class="soft">${scope}</code></li>`)}
        </ul>
      </section>
      ${accountsSection(accounts, addUrl)}
      <section aria-labelledby="ways-out">
        <h2 id="ways-out">Sign out or disconnect</h2>
        <ul class="actions">
          <li>
            <div>
              <strong>Sign out here</strong>
              <p>Ends your session in this browser. Other devices stay signed in.</p>
            </div>
            <form method="post" action="/auth/signout?${SIGNED_OUT}"><button>Sign out</button></form>
          </li>
          <li>
            <div>
              <strong>Sign out everywhere</strong>
              <p>Ends your sessions on all devices, this one included. What you have allowed stays allowed.</p>
            </div>
            <form method="post" action="/account/signout-everywhere"><button>Sign out everywhere</button></form>
          </li>
          <li>
            <div>
              <strong>Disconnect from Google</strong>
              <p>
                Takes back everything you have allowed, and deletes what this app keeps of it. You can connect again
                later.
              </p>
            </div>
            <form method="post" action="/auth/revoke?${DISCONNECTED}">
              <button class="danger">Disconnect</button>
            </form>
          </li>
        </ul>
      </section>`
  }
}
