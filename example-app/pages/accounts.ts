import type { GoogleAccount } from 'fastify-google-auth'
import { lossInWords, scopeInWords } from '../scopes.js'
import { html, type Html } from './html.js'
import { time } from './time.js'

/** A connected account, and the links to what can be done with it. */
export interface AccountView extends GoogleAccount {
  /** The path that asks Google for this account again. */
  againUrl: string
}

/** The colour of an account, by its position in the list. The style sheet has six. */
export function colourOf(position: number): string {
  return `colour-${position % 6}`
}

/** The accounts of a user: their own first, then those that they added. */
export function accountsSection(accounts: readonly AccountView[], addUrl: string): Html {
  return html`<section aria-labelledby="accounts">
    <h2 id="accounts">Google accounts</h2>
    <ul class="actions">
      ${accounts.map(item)}
    </ul>
    <p><a class="button" href="${addUrl}">Add an account</a></p>
    <p class="soft">
      Where somebody else of this app has added the same account, it stays connected for them when you disconnect it.
    </p>
  </section>`
}

function item(account: AccountView, position: number): Html {
  const { picture, isDefault, state, likelyCause, connectedAt, scopes, againUrl } = account
  const title = nameOf(account)
  return html`<li>
    ${picture && html`<img class="portrait" src="${picture}" alt="" width="40" height="40" />`}
    <div>
      <strong><span class="dot ${colourOf(position)}"></span>${title}</strong>
      ${isDefault && html`<span class="soft">you sign in with this one</span>`}
      ${state === 'lost' && html`<p class="problem">${lossInWords(likelyCause)}</p>`}
      ${state === 'active' && likelyCause && html`<p class="problem">${lossInWords(likelyCause)}</p>`}
      <p>Connected since ${time(connectedAt)}. ${scopes.map(scopeInWords).join('. ')}.</p>
    </div>
    <div class="buttons">
      ${state === 'lost' && html`<a class="button" href="${againUrl}">Connect again</a>`}
      ${!isDefault && disconnectForm(account.account, title)}
    </div>
  </li>`
}

function disconnectForm(account: string, title: string): Html {
  const query = new URLSearchParams({ account, return_to: '/account?done=account-disconnected' }).toString()
  return html`<form method="post" action="/auth/revoke?${query}">
    <button class="danger">Disconnect <span class="for-ears">${title}</span></button>
  </form>`
}

/** How a page names an account. */
export function nameOf(account: GoogleAccount | undefined): string {
  return account?.email ?? account?.name ?? account?.account ?? ''
}
