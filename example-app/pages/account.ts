import type { GoogleUser } from 'fastify-google-auth'
import { accountList, type AccountLinks, type ShownAccount } from './accounts.js'
import { html } from './html.js'
import type { Page } from './page.js'
import { time } from './time.js'

/** Where the plugin's route sends the browser afterwards. */
const DISCONNECTED = new URLSearchParams({ return_to: '/?done=disconnected' }).toString()

/** Who is signed in, the accounts with what they have allowed, and the ways out. */
export function accountPage(user: GoogleUser, accounts: readonly ShownAccount[], links: AccountLinks): Page {
  const all = accounts.length > 1
  return {
    title: 'Account',
    body: html`<h1>Account</h1>
      <p>
        You are signed in as <strong>${user.email ?? user.name ?? user.sub}</strong>, in this browser since
        ${time(user.signedInAt)}.
      </p>
      ${accountList(accounts, links)}
      <section aria-labelledby="ways-out">
        <h2 id="ways-out">Sign out everywhere or disconnect</h2>
        <ul class="actions">
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
                Takes back everything you have allowed${all && ', with all accounts above,'} and deletes what this app
                keeps of it. If somebody else has added your account here too, Google keeps it open for them until they
                disconnect it or you remove Datebook in your Google Account. You can connect again later.
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
