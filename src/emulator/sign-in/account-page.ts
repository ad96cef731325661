import { html } from '../http/html.js'
import { page } from '../http/page.js'
import { PATHS } from '../http/paths.js'
import type { EmulatorUser } from '../state/registry/users.js'

/** The page to choose an account. `complaint` says why a typed address was not accepted. */
export function accountPage(
  id: string,
  users: readonly EmulatorUser[],
  appName: string,
  complaint: string | null
): string {
  const accounts = users.map(
    (user) =>
      html`<li>
        <form method="post" action="${PATHS.account}" data-step="account">
          <input type="hidden" name="id" value="${id}" /><input type="hidden" name="account" value="${user.sub}" />
          <button class="account" data-email="${user.email}">
            <strong>${user.name}</strong> <span class="soft">${user.email}</span>
          </button>
        </form>
      </li>`
  )
  return page(
    'Choose an account',
    html`<h1>Choose an account</h1>
<p class="soft">to continue to ${appName}</p>
<ul>
${accounts}
</ul>
${users.length === 0 ? html`<p>No account here belongs to the organization that this app asks for.</p>` : null}
<details${complaint ? html` open` : null}>
<summary>Use another account</summary>
<form method="post" action="${PATHS.account}" data-step="other-account">
<input type="hidden" name="id" value="${id}">
<label class="field">Email address
<input type="email" name="account" autocomplete="off" required${complaint ? html` aria-invalid="true" aria-describedby="complaint" autofocus` : null}></label>
${complaint ? html`<p id="complaint" role="alert">${complaint}</p>` : null}
<div class="buttons"><button class="main">Next</button></div>
</form>
</details>`
  )
}
