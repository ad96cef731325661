import { type Html, html } from '../http/html.js'
import { page } from '../http/page.js'
import { PATHS } from '../http/paths.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { SelectRequest } from './select-request.js'

/** The page to choose an account for the button, and what One Tap shows in its frame. */
export function selectPage({ client, fields }: SelectRequest, users: readonly EmulatorUser[]): string {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`
  )
  const accounts = users.map((user) => account(user, hidden))
  return page(
    'Sign in',
    html`<h1>Sign in</h1>
      <p class="soft">to ${client.project} with Google</p>
      <ul>
        ${accounts}
      </ul>`
  )
}

function account(user: EmulatorUser, hidden: readonly Html[]): Html {
  return html`<li>
    <form method="post" action="${PATHS.select}">
      ${hidden}<input type="hidden" name="account" value="${user.sub}" />
      <button class="account" data-email="${user.email}">
        <strong>${user.name}</strong> <span class="soft">${user.email}</span>
      </button>
    </form>
  </li>`
}
