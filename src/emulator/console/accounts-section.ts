import { html, type Html } from '../http/html.js'
import { REFRESH_REFUSALS } from '../state/grants/refresh-refusals.js'
import type { EmulatorUser } from '../state/registry/users.js'
import type { World } from '../state/world.js'
import { actionForm, selectOptions } from './action-form.js'

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** A scope without the part that nearly all of them have. */
const shortScope = (scope: string) => scope.replace('https://www.googleapis.com/auth/', '')

function grantsOf(world: World, { sub }: EmulatorUser): Html {
  const grants = world.grants.projects(sub)
  const access = counted(world.tokens.accessCount(sub), 'access token')
  const refresh = counted(world.tokens.refreshCount(sub), 'refresh token')
  return html`<div data-live="grants-${sub}">
    ${
      grants.length === 0
        ? html`<p class="soft">Has granted nothing.</p>`
        : grants.map(
            ([project, scopes]) =>
              html`<p class="chips">
                <span class="soft">${project} may</span>
                ${[...scopes].sort().map((scope) => html`<span class="chip" title="${scope}">${shortScope(scope)}</span>`)}
              </p>`
          )
    }
    <p class="soft">${access}, ${refresh} alive</p>
  </div>`
}

function account(world: World, user: EmulatorUser): Html {
  const { sub, email, name, hostedDomain } = user
  const initials = [user.givenName, user.familyName].map((part) => part.charAt(0)).join('') || '?'
  const reasons = Object.keys(REFRESH_REFUSALS).map((reason) => [reason, reason.replaceAll('_', ' ')] as const)
  return html`<li class="card" data-email="${email}">
    <div class="row head">
      <span class="avatar" aria-hidden="true">${initials}</span>
      <div class="grow">
        <h3>${name}</h3>
        <p class="soft">${email}${hostedDomain ? html` <span class="chip">Workspace</span>` : null}</p>
      </div>
    </div>
    ${grantsOf(world, user)}
    <div class="row">
      ${actionForm('expire', { sub }, html`<button>Expire access</button>`)}
      ${actionForm('revoke', { sub }, html`<button class="danger">Revoke grant</button>`)}
    </div>
    ${actionForm(
      'refuse',
      { sub },
      html`<label class="grow"
          >Refreshes
          <select name="reason">
            ${selectOptions([['', 'work'], ...reasons.map(([value, text]) => [value, `are refused: ${text}`] as const)], world.refreshRefusals.of(sub) ?? '')}
          </select></label
        ><button>Set</button>`
    )}
  </li>`
}

/** The accounts, what each has granted, and what can be done to it. */
export function accountsSection(world: World): Html {
  return html`<section aria-labelledby="accounts">
    <h2 id="accounts">Accounts</h2>
    <ul class="cards">
      ${world.users.all().map((user) => account(world, user))}
    </ul>
    ${actionForm(
      'add-user',
      {},
      html`<label class="grow"
          >A new account
          <input type="email" name="email" placeholder="mary@example.com" autocomplete="off" required /></label
        ><button>Add</button>`
    )}
  </section>`
}
