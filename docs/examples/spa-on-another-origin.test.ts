/** Tests of an API whose pages are on another origin. No browser: the tests send the headers that it would send. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { startGoogleEmulator } from 'fastify-google-auth/emulator'
import { createBrowser, signIn } from 'fastify-google-auth/testing'
import { buildApp } from './spa-on-another-origin.js'
import { buildApp as buildOneTap } from './spa-one-tap.js'

const SPA = 'https://app.example.com'
const OPTIONS = {
  redirectUri: 'https://api.example.com/auth/return',
  secret: 'a secret of 32 or more characters'
}

// #region inject
const FROM_SPA = { origin: SPA, 'sec-fetch-site': 'same-site' }
const FROM_ELSEWHERE = { origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' }

test('the page of the other origin reads, and signs out', async (t) => {
  const app = await buildApp({ ...OPTIONS, clientId: 'test', clientSecret: 'test' }, SPA)
  t.after(() => app.close())
  const { headers } = await signIn(app)
  const me = (from: object) => app.inject({ url: '/me', headers: { ...headers, ...from } })
  const signOut = (from: object) =>
    app.inject({ method: 'POST', url: '/auth/signout', headers: { ...headers, ...from } })

  const answer = await me(FROM_SPA)
  assert.deepEqual(answer.json(), { name: 'Ada Lovelace' })
  assert.equal(answer.headers['access-control-allow-origin'], SPA)
  assert.equal(answer.headers['access-control-allow-credentials'], 'true')

  assert.equal((await signOut(FROM_ELSEWHERE)).json().code, 'GOOGLE_AUTH_CROSS_SITE')
  assert.equal((await signOut(FROM_SPA)).statusCode, 204)
  assert.equal((await me(FROM_SPA)).statusCode, 401)
})
// #endregion

test('One Tap in the page of the other origin', async (t) => {
  const google = await startGoogleEmulator()
  const { clientSecrets, issuer } = google
  const app = await buildOneTap({ ...OPTIONS, clientSecrets, issuer }, SPA)
  t.after(() => Promise.all([app.close(), google.close()]))
  // It has cookies, as `credentials: 'include'` sends them.
  const browser = createBrowser(app)
  const { nonce } = (await browser.fetch('/one-tap', { headers: FROM_SPA })).json()
  const credential = await google.credential('ada@example.com', { nonce })
  const post = (headers: Record<string, string>) =>
    browser.fetch('/auth/credential', { method: 'POST', headers, body: { credential } })
  assert.equal((await post(FROM_ELSEWHERE)).json().code, 'GOOGLE_AUTH_CSRF')
  assert.equal((await post(FROM_SPA)).json().user.email, 'ada@example.com')
  assert.equal((await browser.fetch('/me', { headers: FROM_SPA })).statusCode, 200)
})
