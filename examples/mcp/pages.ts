import type { GoogleAccount } from 'fastify-google-auth'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const text = (value: string): string => value.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)}</title><style>
:root { color-scheme: light dark } body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
pre { border: 1px solid; border-radius: .5rem; padding: .75rem; white-space: pre-wrap; overflow-wrap: anywhere } form { display: inline } button, input { font: inherit }
</style><main><h1>${text(title)}</h1>${body}</main></html>`
}

const button = (action: string, label: string): string =>
  `<form method="post" action="${text(action)}"><button>${text(label)}</button></form> `

/** The page for somebody who is not signed in to this app; `returnTo` is where they were going. */
export function signInPage(returnTo: string): string {
  return page(
    'Calendar for agents',
    `<form method="post" action="/sign-in"><input type="hidden" name="return_to" value="${text(returnTo)}">
<label>Your name <input name="name" required maxlength="40"></label> <button>Sign in</button></form>`
  )
}

/** The page of a user: the token for their MCP client, and what its tools may use. */
export function homePage(name: string, accounts: GoogleAccount[]): string {
  const items = accounts.map(({ account, email, state }) => {
    const disconnect = button(`/auth/revoke?account=${encodeURIComponent(account)}`, 'Disconnect')
    return `<li>${text(email ?? account)}${state === 'lost' ? ' (access has ended)' : ''} ${disconnect}</li>`
  })
  return page(
    `Hello ${name}`,
    `<p>An MCP client that has your token reads your calendar and adds events. It asks you when it needs more access.</p>
<p>${button('/token', 'Make a token')}A new token ends the one before.</p>
<h2>Google accounts</h2><ul>${items.join('') || '<li>None yet.</li>'}</ul>${button('/sign-out', 'Sign out')}`
  )
}

/** The page that shows a token, once, and how to use it. */
export function tokenPage(token: string, mcpUrl: string): string {
  const config = {
    mcpServers: { calendar: { type: 'http', url: mcpUrl, headers: { Authorization: `Bearer ${token}` } } }
  }
  return page(
    'Your token',
    `<p>It is shown this once. Add the server to your MCP client:</p><pre>${text(JSON.stringify(config, null, 2))}</pre>
<p>Token: <code>${text(token)}</code></p><p><a href="/">Back</a></p>`
  )
}

/** A page with one sentence. */
export function messagePage(title: string, message: string): string {
  return page(title, `<p>${text(message)}</p><p><a href="/">Go to the start page</a></p>`)
}
