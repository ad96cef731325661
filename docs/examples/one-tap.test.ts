/** Tests of a page with One Tap, as a form and as JSON, against a Google of its own. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { startGoogleEmulator } from 'fastify-google-auth/emulator'
import { createBrowser } from 'fastify-google-auth/testing'
import { buildApp } from './one-tap.js'

const ORIGIN = 'http://127.0.0.1:3000'

/** A browser that shows the page, and the credential that Google's script gives that page. */
async function openPage(t: TestContext) {
  const google = await startGoogleEmulator()
  const { clientSecrets, issuer } = google
  const redirectUri = `${ORIGIN}/auth/return`
  const app = await buildApp(
    { clientSecrets, issuer, redirectUri, secret: 'a secret of 32 or more characters' },
    ORIGIN
  )
  t.after(() => Promise.all([app.close(), google.close()]))
  const browser = createBrowser(app)
  const { body } = await browser.visit('/')
  const [, nonce = ''] = /data-nonce="([^"]+)"/.exec(body) ?? []
  return { browser, credential: await google.credential('ada@example.com', { nonce }) }
}

test('a form, as data-ux_mode="redirect" posts it', async (t) => {
  const { browser, credential } = await openPage(t)
  // Google's script sets this cookie, and puts its value into the form.
  const cookie = { name: 'g_csrf_token', value: 'random', domain: '127.0.0.1', path: '/' }
  browser.addCookies([{ ...cookie, httpOnly: false, secure: false, sameSite: 'Lax' }])
  const page = await browser.submit('/auth/credential', { credential, g_csrf_token: 'random' })
  assert.equal(page.url, `${ORIGIN}/`)
  assert.match(page.body, /You are signed in/)
})

test('JSON, as a page with a callback sends it', async (t) => {
  const { browser, credential } = await openPage(t)
  const post = () => browser.fetch('/auth/credential', { method: 'POST', body: { credential } })
  assert.equal((await post()).json().user.email, 'ada@example.com')
  assert.equal((await browser.fetch('/me')).statusCode, 200)
  assert.equal((await post()).statusCode, 401, 'a credential is used once')
})
