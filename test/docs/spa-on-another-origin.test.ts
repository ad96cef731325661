/** docs/recipes/spa-on-another-origin.md, in a real browser. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildApp } from '../../docs/examples/spa-on-another-origin.js'
import { buildApp as buildOneTap } from '../../docs/examples/spa-one-tap.js'
import { startGoogle } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'
import { serve } from '../support/local-server.js'
import { answerGoogleApis, runProgram } from './program.js'

const shown = (file: string): string => readFileSync(new URL(`../../docs/examples/${file}`, import.meta.url), 'utf8')
const CLIENT = shown('spa-client.js')

t.test('a page of one origin works with an API on another', async (t) => {
  const google = await startGoogle(t)
  answerGoogleApis(t, google.apiOrigin)
  let api = ''
  const served = await serve(t, (request, response) => {
    if (request.url === '/client.js') return response.writeHead(200, { 'content-type': 'text/javascript' }).end(CLIENT)
    return response.writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><output></output><button>Go on</button>
<script type="module">
import { createApi } from '/client.js'
const call = createApi('${api}')
const show = (text) => { document.querySelector('output').textContent = text }
call(new URLSearchParams(location.search).get('ask') || '/me').then((data) => show(JSON.stringify(data)), (error) => {
  show(error.code)
  document.querySelector('button').onclick = error.goOn
})
window.signOut = () => call('/auth/signout', { method: 'POST' })
</script>`)
  })
  const spa = served.replace('127.0.0.1', 'localhost')
  const { origin } = await runProgram(t, google, (options) => buildApp(options, spa))
  api = origin
  const page = await (await launchBrowser(t)).newPage()
  page.setDefaultTimeout(20_000)

  await page.goto(`${spa}/list?week=2`)
  await page.getByText('GOOGLE_AUTH_LOGIN_REQUIRED').waitFor()
  await page.getByText('Go on').click()
  await page.getByText('Ada Lovelace').first().click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('{"name":"Ada Lovelace"}').waitFor()
  t.equal(page.url(), `${spa}/list?week=2`)

  await page.goto(`${spa}/?ask=/events`)
  await page.getByText('GOOGLE_AUTH_SCOPE_REQUIRED').waitFor()
  await page.getByText('Go on').click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('["').waitFor()
  t.equal(page.url(), `${spa}/?ask=/events`)

  t.equal(await page.evaluate('window.signOut()'), null)
  await page.reload()
  await page.getByText('GOOGLE_AUTH_LOGIN_REQUIRED').waitFor()
})

t.test('One Tap in a page of one origin signs in at an API on another', async (t) => {
  const google = await startGoogle(t)
  let api = ''
  const served = await serve(t, (request, response) => {
    const script = ['/spa-client.js', '/spa-one-tap-client.js'].find((path) => path === request.url)
    if (script) return response.writeHead(200, { 'content-type': 'text/javascript' }).end(shown(script.slice(1)))
    return response.writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><output></output><script src="${google.issuer}/gsi/client"></script>
<script type="module">
import { createApi } from '/spa-client.js'
import { showOneTap } from '/spa-one-tap-client.js'
const call = createApi('${api}')
const show = ({ name }) => { document.querySelector('output').textContent = name }
call('/me').then(show, () => showOneTap(call, show))
</script>`)
  })
  const spa = served.replace('127.0.0.1', 'localhost')
  google.addRedirectUri(`${spa}/`) // makes the origin of the page known
  const { origin } = await runProgram(t, google, (options) => buildOneTap(options, spa))
  api = origin
  const page = await (await launchBrowser(t)).newPage()
  page.setDefaultTimeout(20_000)

  await page.goto(spa)
  await page.frameLocator('iframe').getByText('Ada Lovelace').first().click()
  await page.getByText('Ada Lovelace').waitFor()
  await page.reload()
  await page.getByText('Ada Lovelace').waitFor()
  t.equal(await page.locator('iframe').count(), 0, 'signed in')
})
