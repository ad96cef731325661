/** Every page that the plugin makes, under the defaults of helmet, for apps that look different. */
import fastifyHelmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Page } from 'playwright-core'
import t from 'tap'
import { STATUS } from '../../src/core/errors/base.js'
import { ErrorResponses, send } from '../../src/plugin/http/error-responses.js'
import { checkOptions } from '../../src/plugin/options/options.js'
import { SECRET } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'
import { PAGES } from '../support/built-in-pages.js'
import { inspect } from '../support/inspect-page.js'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30" viewBox="0 0 90 30"><path fill="#777" d="M0 0h90v30H0z"/></svg>'
const BRANDS: Readonly<Record<string, { appName?: string; appLogo?: string; appColor?: string }>> = {
  plain: {},
  yellow: {
    appName: 'A team calendar with a name as long as names of apps can be',
    appLogo: '/logo.svg',
    appColor: '#fff3a0'
  },
  blue: { appName: 'Wombat'.repeat(10), appLogo: '/logo.svg', appColor: '#0a1a4a' }
}

/** A site that shows each page at its own path. */
async function siteOf(brand: (typeof BRANDS)[string]): Promise<FastifyInstance> {
  const client = { clientId: 'x', clientSecret: 'y', redirectUri: 'http://localhost:3000/auth/return' }
  const responses = new ErrorResponses(await checkOptions({ ...client, secret: SECRET, ...brand }, ''))
  const app = Fastify({ forceCloseConnections: true })
  await app.register(fastifyHelmet)
  app.get('/logo.svg', (_, reply) => reply.type('image/svg+xml').send(LOGO))
  for (const [name, { show }] of Object.entries(PAGES))
    app.get(`/${name}`, (request, reply) => send(reply, show(responses, request, reply)))
  return app
}

const style = (page: Page, selector: string, property: string): Promise<string> =>
  page.evaluate(`getComputedStyle(document.querySelector('${selector}'))['${property}']`)

/** The code that a page names in its source; `undefined` where it names none. */
const codeOf = (page: Page): Promise<unknown> =>
  page.evaluate("document.querySelector('meta[name=google-auth-error]')?.content")

t.test('each code of an error has a page', async (t) => {
  const shown = new Set(Object.values(PAGES).map(({ error }) => error?.code))
  t.same(
    Object.keys(STATUS).filter((code) => !shown.has(code)),
    []
  )
})

t.test('every built-in page', async (t) => {
  const browser = await launchBrowser(t)
  const context = await browser.newContext()
  for (const [look, brand] of Object.entries(BRANDS)) {
    const site = await siteOf(brand)
    t.teardown(() => site.close())
    const url = await site.listen({ port: 0 })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text())
    })
    // The pages differ in their words only, so all of them are looked at once, and a few for each app.
    const names = look === 'plain' ? Object.keys(PAGES) : ['scope-required', 'wrong-account', 'sign-in-required']
    for (const name of names) {
      const { text, error } = PAGES[name]!
      await page.goto(`${url}/${name}`)
      const shown = await page.locator('body').innerText()
      t.notMatch(shown, /GOOGLE_AUTH|undefined/, `${name} shows no code`)
      t.equal(await codeOf(page), error && (error.code ?? 'ERROR'), `${name} tells developers its code`)
      if (error) t.match(shown, `Error ${error.statusCode}`, `${name} shows its status`)
      await inspect(t, page, `plugin-${look}-${name}`, text)
      if (brand.appName === undefined) continue
      t.match(await page.title(), brand.appName)
      t.equal(await page.evaluate('document.images[0].decode().then(() => document.images[0].naturalWidth)'), 90)
      t.match(await page.getByRole('banner').innerText(), brand.appName)
    }
    t.equal(await style(page, 'nav .main', 'borderRadius'), '32px', 'the policy lets the style through')
    t.same(complaints, [], 'the browser complains about nothing')
  }
})
