/** The part of a single-page app that shows One Tap. It runs in the browser, with Google's script. */

/** `call` is made by `createApi`. `signedIn` is told who has signed in. */
export async function showOneTap(call, signedIn) {
  const { clientId, nonce } = await call('/one-tap')
  const post = ({ credential }) =>
    call('/auth/credential', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credential })
    })
  const { id } = window.google.accounts
  id.initialize({ client_id: clientId, nonce, callback: async (given) => signedIn((await post(given)).user) })
  id.prompt()
}
