import { type ConnectedAccount, opensCalendar } from '../accounts.js'
import { endInWords, nearEndInWords } from '../causes.js'
import { scopeInWords } from '../scopes.js'
import { html, type Html } from './html.js'
import { time } from './time.js'

/** An account, and when its access ends, where such an end is near. */
export interface ShownAccount extends ConnectedAccount {
  endsAt: number | undefined
}

/** The links that lead to Google. */
export interface AccountLinks {
  /** To add an account. */
  add: string
  /** To give an account access again, to its calendar as well if that is asked. */
  again: (account: string, calendarToo: boolean) => string
}

const DISCONNECTED = '/account?done=account-disconnected'

/** The accounts of the user, each with its state and with what can be done. */
export function accountList(accounts: readonly ShownAccount[], links: AccountLinks): Html {
  return html`<section aria-labelledby="accounts">
    <h2 id="accounts">Your Google accounts</h2>
    <ul class="accounts">
      ${accounts.map((account) => item(account, accounts.length > 1, links))}
    </ul>
    <p class="buttons"><a class="button" href="${links.add}">Add an account</a></p>
    <p class="soft">The events of all accounts are shown together. You always sign in with the first one.</p>
  </section>`
}

function item(account: ShownAccount, several: boolean, links: AccountLinks): Html {
  const ways = [again(account, links), !account.isOwn && disconnect(account)]
  return html`<li ${several && html`class="marked colour-${account.colour}"`}>
    ${portrait(account)}
    <div class="about">
      <h3>${account.name ?? account.label}</h3>
      ${account.email && html`<p>${account.email}</p>`}
      ${account.isOwn && html`<p class="soft">You sign in with this account.</p>`} ${state(account)}
      <p class="state">${account.state === 'lost' ? 'It had allowed:' : 'It allows:'}</p>
      ${
        account.scopes.length === 0
          ? html`<p>Nothing.</p>`
          : html`<ul class="scopes">
              ${account.scopes.map((scope) => html`<li>${scopeInWords(scope)}</li>`)}
            </ul>`
      }
    </div>
    ${ways.some(Boolean) && html`<div class="buttons">${ways}</div>`}
  </li>`
}

function portrait({ picture, label }: ShownAccount): Html {
  return picture
    ? html`<img class="portrait" src="${picture}" alt="" width="48" height="48" referrerpolicy="no-referrer" />`
    : html`<span class="portrait initial" aria-hidden="true">${label.slice(0, 1).toUpperCase()}</span>`
}

function state(account: ShownAccount): Html {
  const { connectedAt, endsAt } = account
  const at = connectedAt > 0 && time(connectedAt)
  if (account.state === 'lost') {
    return html`<p class="state lost"><strong>Connection lost.</strong> ${endInWords(account)}</p>
      ${at && html`<p>You connected it on ${at}.</p>`}`
  }
  const nearEnd = nearEndInWords(account)
  return html`<p class="state"><strong>Connected</strong>${at && html` since ${at}`}.</p>
    ${
      nearEnd &&
      html`<p class="state ending">
        <strong>Access ends ${endsAt === undefined ? 'soon' : html`on ${time(endsAt)}`}.</strong> ${nearEnd}
      </p>`
    }`
}

function again(account: ShownAccount, { again }: AccountLinks): Html | false {
  const { label, isOwn } = account
  const link = (words: string, calendarToo: boolean) =>
    html`<a class="button main" href="${again(account.account, calendarToo)}"
      >${words}<span class="for-ears"> for ${label}</span></a
    >`
  if (account.state === 'lost' || nearEndInWords(account) !== null) return link('Give access again', false)
  // The own account is asked for its calendar when the user opens the events.
  return !isOwn && !opensCalendar(account) && link('Allow the calendar', true)
}

function disconnect({ account, label }: ShownAccount): Html {
  const query = new URLSearchParams({ account, return_to: DISCONNECTED })
  return html`<form method="post" action="/auth/revoke?${query.toString()}">
    <button class="danger">Disconnect<span class="for-ears"> ${label}</span></button>
  </form>`
}
