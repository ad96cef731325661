/** A proxy that ends TLS, by a real nginx: a sign-in in Chromium over https, with `trustProxy` and cookies that are for https only. */
import t from 'tap'
import { startApp, startGoogle } from '../support/app.js'
import { launchBrowser } from '../support/browser.js'
import { startNginx } from '../support/nginx.js'
import { freePort } from '../support/redis.js'

t.test('behind nginx', { timeout: 120_000 }, async (t) => {
  const google = await startGoogle(t)
  const chromium = await launchBrowser(t)
  const [outside, inside] = [await freePort(), await freePort()]
  const origin = `https://localhost:${outside}`
  const { log } = await startApp(t, google, {
    origin,
    port: inside,
    server: { trustProxy: '127.0.0.1' },
    routes(app) {
      app.get('/', (request, reply) =>
        reply.type('text/html')
          .send(`<!doctype html><title>Home</title><h1>${request.googleUser?.email ?? 'Nobody'}</h1>
          <p>${request.protocol}</p><form method="post" action="/auth/signout"><button>Sign out</button></form>`)
      )
      app.get('/me', { onRequest: app.googleAuth.required() }, (_request, reply) => reply.redirect('/'))
    }
  })
  await startNginx(t, outside, inside)

  const context = await chromium.newContext({ ignoreHTTPSErrors: true })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(`${origin}/me`)
  await page.getByRole('button', { name: 'Ada Lovelace' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'ada@example.com' }).waitFor()
  t.equal(await page.getByText('https', { exact: true }).count(), 1, 'the app knows that it is https')
  const cookies = (await context.cookies()).filter(({ domain }) => domain === 'localhost')
  t.ok(cookies.length > 0)
  for (const { name, secure, httpOnly } of cookies.filter(({ name }) => name.includes('google-auth')))
    t.match([name, secure, httpOnly], [/^__Host-/, true, true])

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Nobody' }).waitFor()
  await page.goto(`${origin}/me`)
  t.match(page.url(), google.issuer, 'and has to sign in again')
  t.same(
    log.map((line) => JSON.parse(line) as { level: number }).filter(({ level }) => level >= 50),
    []
  )
})
