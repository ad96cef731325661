/** docs/recipes/spa-on-another-origin.md, in a real browser. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildApp } from '../../docs/examples/spa-on-another-origin.js'
import { startGoogle } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'
import { serve } from '../support/local-server.js'
import { answerGoogleApis, runProgram } from './program.js'

const CLIENT = readFileSync(new URL('../../docs/examples/spa-client.js', import.meta.url), 'utf8')

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
