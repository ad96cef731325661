import type { GoogleAccount } from 'fastify-google-auth'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)} – Connect example</title><style>
:root { color-scheme: light dark; --link: light-dark(#0b57d0, #a8c7fa); --line: light-dark(#747d88, #868f99); color: light-dark(#1f2328, #e6e8eb); background: light-dark(#fff, #121417) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere }
article { border: 1px solid var(--line); border-radius: .75rem; padding: 1rem; margin: 1rem 0 } h2, h3 { margin: 0 } h2 { margin-top: 2rem }
a { color: var(--link) } form { display: inline } button, input { font: inherit; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: 2rem }
label { display: block; margin-bottom: 1rem } input { display: block; border-radius: .5rem } :focus-visible { outline: 3px solid var(--link); outline-offset: 3px }
</style><main><h1>${text(title)}</h1>${body}</main></html>`
}

const shortName = (scope: string): string => scope.replace('https://www.googleapis.com/auth/', '')

const button = (action: string, label: string): string =>
  `<form method="post" action="${text(action)}"><button>${text(label)}</button></form> `

/** The page for somebody who is not signed in to this app. */
export function signInPage(): string {
  return page(
    'Welcome',
    '<form method="post" action="/sign-in"><label>Your name <input name="name" required maxlength="40"></label><button>Sign in</button></form>'
  )
}

/** The page of a user: their Google accounts, and what is on today in the default one. */
export function accountsPage(name: string, accounts: GoogleAccount[], events: string[] | null, addUrl: string): string {
  const items = accounts.map((account) => {
    const { email, isDefault, state, likelyCause, connectedAt, scopes } = account
    const query = `account=${encodeURIComponent(account.account)}`
    const facts = [
      `since ${new Date(connectedAt).toISOString().slice(0, 10)}`,
      `scopes ${scopes.map(shortName).join(' ')}`
    ]
    if (state === 'lost') facts.unshift(`lost (${likelyCause ?? 'unknown cause'})`)
    const again =
      state === 'lost'
        ? `<a href="${text(addUrl)}?login_hint=${encodeURIComponent(account.account)}">Connect again</a> `
        : ''
    return `<article><h3>${text(email ?? account.account)}${isDefault ? ' · default' : ''}</h3><p>${text(facts.join(', '))}</p>
${again}${isDefault ? '' : button(`/default?${query}`, 'Make default')}${button(`/auth/revoke?${query}`, 'Disconnect')}</article>`
  })
  const titles = events ?? ['The events of this account cannot be read just now, or you have not allowed it.']
  const today = titles.map((title) => `<li>${text(title)}</li>`).join('')
  return page(
    `Hello ${name}`,
    `<h2>Google accounts</h2>${items.join('') || '<p>None yet.</p>'}<p><a href="${text(addUrl)}">Connect an account</a></p>
<h2>Next 24 hours</h2><ul>${today || '<li>Nothing.</li>'}</ul>${button('/sign-out', 'Sign out')}`
  )
}
