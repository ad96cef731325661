import { html } from '../http/html.js'
import { page } from '../http/page.js'
import { PATHS } from '../http/paths.js'
import type { EmulatorUser } from '../state/registry/users.js'

/** The scopes on the consent page, each with its description. */
export interface ConsentQuestion {
  signIn: readonly [string, string][]
  /** Granted before: shown without a box. */
  already: readonly [string, string][]
  asked: readonly [string, string][]
}

/** The page on which the user allows or refuses each scope that does more than sign in. */
export function consentPage(id: string, user: EmulatorUser, appName: string, question: ConsentQuestion): string {
  const listed = [...question.signIn, ...question.already].map(
    ([scope, description]) =>
      html`<li data-listed-scope="${scope}">
        ${description}
        ${question.already.some(([known]) => known === scope) ? html`<br /><span class="soft">Already allowed</span>` : null}
      </li>`
  )
  const boxes = question.asked.map(
    ([scope, description]) =>
      html`<li>
        <label
          ><input type="checkbox" name="scope" value="${scope}" checked />
          <span>${description}<br /><code class="soft">${scope}</code></span></label
        >
      </li>`
  )
  return page(
    'Allow access',
    html`<h1>${appName} wants access to your Google Account</h1>
      <form method="post" action="${PATHS.account}" data-step="switch">
        <input type="hidden" name="id" value="${id}" /><input type="hidden" name="switch" value="1" />
        <p class="soft">${user.email} · <button class="plain">Use another account</button></p>
      </form>
      <form method="post" action="${PATHS.consent}" data-step="consent" data-sub="${user.sub}">
        <input type="hidden" name="id" value="${id}" />
        ${
          listed.length > 0
            ? html`<ul>
                ${listed}
              </ul>`
            : null
        }
        ${
          boxes.length > 0
            ? html`<p>Select what ${appName} can access:</p>
                <ul>
                  ${boxes}
                </ul>`
            : null
        }
        <div class="buttons">
          <button name="decision" value="cancel">Cancel</button>
          <button name="decision" value="continue" class="main">Continue</button>
        </div>
      </form>`
  )
}
