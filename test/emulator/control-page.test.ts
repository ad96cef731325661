import { request as httpRequest } from 'node:http'
import t from 'tap'
import { launchBrowser, overflowAt, takeScreenshots } from '../support/browser.js'
import { ADA, api, CALENDAR, GRACE, login, post, refresh, signIn, startFor } from './app.js'
import type { GoogleEmulator } from '../../src/emulator.js'

const scope = `openid email ${CALENDAR}`

/** The status of an action that is sent with these headers. Node's fetch would write some of them itself. */
function act(google: GoogleEmulator, action: string, form: Record<string, string>, headers = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${google.issuer}/emulator/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    })
    sent.on('response', (response) => resolve(response.resume().statusCode!)).on('error', reject)
    sent.end(new URLSearchParams(form).toString())
  })
}

t.test('in a browser: expires, revokes, breaks, mends, adds, and shows what was asked', async (t) => {
  const google = await startFor(t)
  const { access_token, refresh_token } = await signIn(google, { scope })
  await api(google, access_token)
  const browser = await launchBrowser(t)
  const page = await (await browser.newContext()).newPage()
  const troubles: string[] = []
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
  page.on('pageerror', (error) => troubles.push(error.message))
  const press = async (name: string, within = page.locator('body')) => {
    await within.getByRole('button', { name }).click()
    await page.waitForURL(`${google.issuer}/emulator`)
  }
  await page.goto(google.issuer)
  t.match(await page.locator('[role=note]').innerText(), 'this is not Google')
  const ada = page.locator('[data-email="ada@example.com"]')
  t.match(await ada.innerText(), /calendar\.events[\s\S]*1 access token, 1 refresh token alive/)
  const table = page.getByRole('table')
  t.match(await table.innerText(), /\/calendar\/v3\/calendars\/primary\/events\s+200\s+ada@example.com/)
  t.notMatch(await page.content(), access_token)
  t.notMatch(await page.content(), refresh_token)

  await press('Expire access', ada)
  t.equal((await api(google, access_token)).status, 401)
  await page.getByText('401').waitFor()

  await page.getByLabel('how often').selectOption('3 times')
  await press('Break')
  t.match(await page.locator('[data-live=waiting]').innerText(), /Token endpoint answers 503, 3 times/)
  t.equal((await refresh(google, refresh_token)).status, 503)
  await takeScreenshots(page, 'emulator-control')
  for (const width of [320, 390, 1280]) t.equal(await overflowAt(page, width), 0, `no sideways scrolling at ${width}`)
  await press('Mend all')
  t.equal((await refresh(google, refresh_token)).status, 200)

  await ada.getByLabel('Refreshes').selectOption('are refused: invalid rapt')
  await press('Set', ada)
  t.match((await refresh(google, refresh_token)).body, { error_subtype: 'invalid_rapt' })
  await ada.getByLabel('Refreshes').selectOption('work')
  await press('Set', ada)
  t.equal((await refresh(google, refresh_token)).status, 200)

  await press('Revoke grant', ada)
  t.same(google.grants(ADA), { scopes: [], refreshTokens: 0 })
  t.match(await ada.innerText(), 'Has granted nothing')

  await page.getByLabel('A new account').fill('mary@example.org')
  await press('Add')
  t.match(google.users.at(-1), { email: 'mary@example.org', name: 'Mary' })
  await page.getByLabel('Clock ahead').fill('10')
  await press('Set', page.locator('form[action$=clock]'))
  t.ok(Date.parse((await fetch(google.issuer)).headers.get('date')!) > Date.now() + 500_000)
  await press('Rotate the signing keys')
  await press('Clear the list')
  t.same(google.requests, [])
  t.same(troubles, [])

  await page.goto(login(google, { scope, prompt: 'select_account' }).url)
  await takeScreenshots(page, 'emulator-accounts')
  await page.getByRole('button', { name: 'Ada Lovelace' }).click()
  await takeScreenshots(page, 'emulator-consent')
})

t.test('the page shows by itself what happens', async (t) => {
  const google = await startFor(t)
  const browser = await launchBrowser(t)
  const page = await browser.newPage()
  await page.goto(`${google.issuer}/emulator`)
  t.match(await page.locator('[data-live=requests]').innerText(), 'Nobody has asked')
  await post(google.endpoints.revocation, { token: 'x' })
  await page.getByText('/revoke').waitFor()
  t.equal(google.requests.length, 1, 'the page itself is not in the list')
})

t.test('its forms are refused from elsewhere', async (t) => {
  const google = await startFor(t)
  const { host } = new URL(google.issuer)
  const { refresh_token } = await signIn(google)
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: google.issuer, 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    // A name that was made to lead here.
    { origin: 'http://evil.example', host: 'evil.example' }
  ]
  for (const headers of foreign)
    t.equal(await act(google, 'revoke', { sub: ADA }, headers), 403, JSON.stringify(headers))
  t.equal((await refresh(google, refresh_token)).status, 200)
  const own = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
  t.equal(await act(google, 'revoke', { sub: ADA }, own), 303)
  t.equal((await refresh(google, refresh_token)).status, 400)
  t.equal(await act(google, 'expire', { sub: GRACE }), 303, 'a program is no browser')
})

t.test('what makes no sense is a 400', async (t) => {
  const google = await startFor(t)
  const mistakes: [action: string, form: Record<string, string>][] = [
    ['expire', { sub: 'nobody' }],
    ['revoke', {}],
    ['refuse', { sub: ADA, reason: 'mood' }],
    ['break', { endpoint: 'token', how: 'toString', times: '1' }],
    ['break', { endpoint: 'constructor', how: 'slow', times: '1' }],
    ['break', { endpoint: 'token', how: 'slow', times: 'x' }],
    ['clock', {}],
    ['add-user', { email: 'nobody' }],
    ['add-user', { email: 'ada@example.com' }]
  ]
  for (const [action, form] of mistakes) t.equal(await act(google, action, form), 400, JSON.stringify([action, form]))
  t.equal(await act(google, 'nothing', {}), 404)
})

t.test('faults of a test are described, whatever they are', async (t) => {
  const google = await startFor(t)
  google.failNext('token', { hang: true })
  google.failNext('authorize', { reset: true })
  google.failNext('api', { html: true, times: 2 })
  google.failNext('jwks', { delayMs: 30, times: Infinity })
  google.failNext('revoke', { body: {} })
  const text = await (await fetch(`${google.issuer}/emulator`)).text()
  for (const said of [
    /Token endpoint<\/strong> never answers, once/,
    /authorize<\/strong> drops the connection/,
    /Calendar API<\/strong> answers an HTML page, 2 times/,
    /Keys<\/strong> takes 30 ms, until mended/,
    /Revocation<\/strong> answers 500/
  ]) {
    t.match(text, said)
  }
})
