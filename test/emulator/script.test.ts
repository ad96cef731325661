/** What stands in for Google's script: its pages. The script itself runs in test/plugin/doors/browser.test.ts. */
import { decodeJwt } from 'jose'
import t from 'tap'
import type { GoogleEmulator } from '../../src/emulator.js'
import { ADA, credentials, post, startFor } from './app.js'

const ORIGIN = 'http://127.0.0.1:3000'
const LOGIN_URI = 'http://127.0.0.1:3000/auth/return'

interface Shown {
  status: number
  text: string
  headers: Headers
}

const asked = (google: GoogleEmulator, changes: Record<string, string>): URLSearchParams =>
  new URLSearchParams({
    client_id: google.clientSecrets.web.client_id,
    origin: ORIGIN,
    id: 'mine',
    nonce: 'a nonce',
    select_by: 'btn',
    ...changes
  })

async function shown(response: Promise<Response>): Promise<Shown> {
  const got = await response
  return { status: got.status, headers: got.headers, text: await got.text() }
}

const select = (
  google: GoogleEmulator,
  changes: Record<string, string> = {},
  referer = `${ORIGIN}/page`
): Promise<Shown> =>
  shown(fetch(`${google.issuer}/gsi/select?${asked(google, changes).toString()}`, { headers: { referer } }))

const chosen = (google: GoogleEmulator, changes: Record<string, string>): Promise<Shown> =>
  shown(fetch(`${google.issuer}/gsi/select`, { method: 'POST', body: asked(google, changes) }))

/** The credential in a page of the emulator. */
const credentialIn = ({ text }: Shown): string => /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(text)?.[0] ?? ''

t.test('the script, and the page that asks for an account', async (t) => {
  const google = await startFor(t)
  const script = await shown(fetch(`${google.issuer}/gsi/client`))
  t.match(script.headers.get('content-type'), 'text/javascript')
  const page = await select(google)
  t.equal(page.status, 200)
  t.match(page.text, 'this is not Google')
  t.match(page.text, 'ada@example.com')
  t.match(page.headers.get('content-security-policy'), `frame-ancestors ${ORIGIN};`)
  t.match((await chosen(google, { account: 'nobody' })).text, 'ada@example.com', 'asks again')
})

t.test('a credential, to the page or in a form', async (t) => {
  const google = await startFor(t)
  const { client_id } = google.clientSecrets.web
  const told = await chosen(google, { account: ADA })
  t.match(decodeJwt(credentialIn(told)), { sub: ADA, aud: client_id, nonce: 'a nonce' })
  t.match(told.text, `data-origin="${ORIGIN}"`)
  t.match(told.text, '&quot;id&quot;:&quot;mine&quot;')
  const form = await chosen(google, { account: ADA, ux_mode: 'redirect', login_uri: LOGIN_URI, g_csrf_token: 'csrf' })
  t.match(decodeJwt(credentialIn(form)), { sub: ADA, nonce: 'a nonce' })
  t.match(form.text, `action="${LOGIN_URI}"`)
  t.match(form.text, 'name="g_csrf_token" value="csrf"')
  const hinted = await select(google, { login_hint: 'ada@example.com', nonce: '' })
  const claims = decodeJwt(credentialIn(hinted))
  t.equal(claims.sub, ADA, 'a known hint needs no choice')
  t.notOk('nonce' in claims || 'at_hash' in claims)
})

t.test('what Google would refuse', async (t) => {
  const google = await startFor(t)
  const cases: [name: string, page: Promise<Shown>, status: number, explanation: RegExp][] = [
    ['another client', select(google, { client_id: 'x' }), 401, /not found/],
    ['another origin', select(google, { origin: 'https://evil.example' }), 403, /origin https:\/\/evil.example is not/],
    ['no origin', chosen(google, { origin: '', account: ADA }), 403, /is not allowed/],
    ['another login URI', chosen(google, { ux_mode: 'redirect', login_uri: `${ORIGIN}/x` }), 400, /letter for letter/],
    ['no referer', select(google, {}, ''), 403, /Referer must name/],
    ['another referer', select(google, {}, 'https://evil.example/'), 403, /Referer must name/]
  ]
  for (const [name, page, status, explanation] of cases) {
    const { status: is, text } = await page
    t.equal(is, status, name)
    t.match(text, explanation, name)
    t.equal(credentialIn({ text } as Shown), '', name)
  }
  t.equal((await shown(fetch(`${google.issuer}/gsi/select`, { method: 'POST' }))).status, 401)
})

t.test('a code through the relay of a popup', async (t) => {
  const google = await startFor(t)
  const authorize = (origin: string, changes: Record<string, string> = {}): Promise<Shown> => {
    const query = new URLSearchParams({
      client_id: google.clientSecrets.web.client_id,
      redirect_uri: `storagerelay://${origin.replace('://', '/')}?id=mine`,
      response_type: 'code',
      scope: 'openid email',
      state: 'the page’s',
      login_hint: ADA,
      ...changes
    })
    return shown(fetch(`${google.endpoints.authorization}?${query.toString()}`, { redirect: 'manual' }))
  }
  t.match((await authorize('https://evil.example')).text, /origin https:\/\/evil.example is not allowed/)
  t.match((await authorize(`${ORIGIN}/path`)).text, 'letter for letter', 'no relay')
  const denied = await authorize(ORIGIN, { prompt: 'none' })
  t.match(denied.text, '&quot;error&quot;:&quot;interaction_required&quot;')
  t.match(denied.text, '&quot;state&quot;:&quot;the page’s&quot;')
  const consent = await authorize(ORIGIN)
  const id = /name="id" value="([^"]+)"/.exec(consent.text)?.[1] ?? ''
  const form = new URLSearchParams({ id, decision: 'continue' })
  const relayed = await shown(fetch(`${google.endpoints.authorization}/consent`, { method: 'POST', body: form }))
  t.match(relayed.text, `data-origin="${ORIGIN}"`)
  const code = /code&quot;:&quot;([^&]+)&quot;/.exec(relayed.text)?.[1] ?? ''
  const exchange = { ...credentials(google), grant_type: 'authorization_code', code, redirect_uri: 'postmessage' }
  const { status, body } = await post(google.endpoints.token, exchange)
  t.equal(status, 200)
  t.match(body, { id_token: /^eyJ/, access_token: /./ })
})
