/** With @fastify/helmet's defaults, in a real browser: forms of our own, a guarded form, a frame, and the built-in pages. */
import fastifyHelmet from '@fastify/helmet'
import t from 'tap'
import { CALENDAR, startApp, startGoogle } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'

const form = (action: string, label: string): string =>
  `<form method="post" action="${action}"><button>${label}</button></form>`

t.test('a browser under the defaults of helmet', { timeout: 120_000 }, async (t) => {
  const google = await startGoogle(t)
  const chromium = await launchBrowser(t)
  const { origin } = await startApp(t, google, {
    before: (app) => app.register(fastifyHelmet),
    routes(app) {
      const { required } = app.googleAuth
      app.get('/', (request, reply) =>
        reply.type('text/html')
          .send(`<!doctype html><title>Home</title><h1>${request.googleUser?.email ?? 'Nobody'}</h1>
          ${form('/auth/signout', 'Sign out')} ${form('/auth/revoke', 'Disconnect')} ${form('/save', 'Save')}
          <a href="/me">Me</a> <a href="/framed">Framed</a>`)
      )
      app.get('/me', { onRequest: required() }, (request, reply) =>
        reply.type('text/html').send(`<!doctype html><title>Me</title><h1>${request.signedInUser.email ?? ''}</h1>
          <a href="/">Home</a>`)
      )
      app.get('/framed', (_, reply) =>
        reply.type('text/html').send('<!doctype html><title>Framed</title><iframe src="/me" title="me"></iframe>')
      )
      app.post('/save', { onRequest: required({ scopes: [CALENDAR] }) }, () => 'saved')
    }
  })
  const page = await (await chromium.newContext()).newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  const signIn = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Ada Lovelace' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL((url) => url.origin === origin)
  }

  await page.goto(`${origin}/me`)
  await signIn()
  t.equal(await page.getByRole('heading').innerText(), 'ada@example.com')
  await page.getByRole('link', { name: 'Home' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Nobody' }).waitFor()
  t.pass('helmet sends no Referer, so the form says "Origin: null", and signs out all the same')

  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn()
  t.equal(await page.getByRole('heading').innerText(), 'ada@example.com', 'a guarded form leads to a page with a link')

  await page.getByRole('button', { name: 'Disconnect' }).click()
  await page.getByRole('heading', { name: 'Nobody' }).waitFor()
  t.same(google.grants('110248495921238986420'), { scopes: [], refreshTokens: 0 }, 'disconnected at Google')

  await page.goto(`${origin}/framed`)
  const inFrame = page.frameLocator('iframe').getByRole('link', { name: 'Sign in' })
  await inFrame.click()
  await page.waitForURL((url) => url.origin === google.issuer)
  t.pass('a frame shows a page with a link, which leads out of the frame')
  t.same(complaints, [])
})
