import t from 'tap'
import { api, CALENDAR, GRACE, login, refresh, signIn, startFor } from '../emulator/app.js'
import { launchBrowser } from '../support/browser.js'
import { inspect } from '../support/inspect-page.js'

const scope = `openid email ${CALENDAR}`

t.test('every page of the emulator', async (t) => {
  const browser = await launchBrowser(t)
  const google = await startFor(t)
  const page = await (await browser.newContext()).newPage()
  const look = (name: string, text: string) => inspect(t, page, `emulator-${name}`, text)

  await page.goto(`${google.issuer}/emulator`)
  await look('control-at-first', 'Nobody has asked for anything yet.')
  const { access_token, refresh_token } = await signIn(google, { scope })
  await api(google, access_token)
  google.failNext('token', { status: 503, times: 2 })
  await refresh(google, refresh_token)
  google.refuseRefreshes(GRACE, 'invalid_rapt')
  await page.goto(`${google.issuer}/emulator`)
  await look('control', 'Token endpoint answers 503, once')

  await page.goto(login(google, { scope, prompt: 'select_account' }).url)
  await look('accounts', 'Use another account')
  await page.getByText('Use another account').click()
  await page.getByLabel('Email address').fill('nobody@example.com')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('alert').waitFor()
  await look('unknown-account', "Couldn't find that account here.")
  await page.getByRole('button', { name: 'Grace Hopper' }).click()
  await look('consent', CALENDAR)
  await page.goto(login(google, { scope, prompt: 'consent', login_hint: 'ada@example.com' }).url)
  await look('consent-again', 'Already allowed')
  await page.goto(login(google, { hd: 'nobody.example', prompt: 'select_account' }).url)
  await look('no-account', 'No account here belongs to the organization that this app asks for.')
  await page.goto(login(google, { redirect_uri: 'https://evil.example/' }).url)
  await look('blocked', 'Error 400: redirect_uri_mismatch')

  const client = { client_id: google.clientSecrets.web.client_id, origin: 'http://127.0.0.1:3000' }
  const query = new URLSearchParams({ ...client, id: 'mine', nonce: 'a nonce', select_by: 'btn' }).toString()
  await page.goto(`${google.issuer}/gsi/select?${query}`, { referer: `${client.origin}/page` })
  await look('button', 'to emulator-project with Google')
})
